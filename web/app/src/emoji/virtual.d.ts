// What build/emoji.ts makes.
declare module 'virtual:emoji/en' {
  export const table: string;
}
declare module 'virtual:emoji/zh' {
  export const table: string;
}

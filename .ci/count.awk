# Adds up the closing lines of cargo test, Vitest and Node's test runner.
# The variable `broken` is 1 when a step failed, so that a failure without a test is counted too.
/^test result:/ { passed += $4; failed += $6; skipped += $8 }
/^ +Tests +/ {
  for (i = 2; i < NF; i++) {
    if ($(i + 1) ~ /^passed/) passed += $i
    if ($(i + 1) ~ /^failed/) failed += $i
    if ($(i + 1) ~ /^(skipped|todo)/) skipped += $i
  }
}
/^(ℹ|#) pass [0-9]+$/ { passed += $3 }
/^(ℹ|#) (fail|cancelled) [0-9]+$/ { failed += $3 }
/^(ℹ|#) (skipped|todo) [0-9]+$/ { skipped += $3 }
END {
  if (broken && failed == 0) failed = 1
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}

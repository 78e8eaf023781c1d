//! Load generators and measurements of Teahouse; never shipped.

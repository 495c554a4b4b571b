// Package log would have the client's messages.
package log

import "log/slog"

// SetDefault has no effect: there are none.
func SetDefault(*slog.Logger) {}

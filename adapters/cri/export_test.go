package cri

import (
	"context"
	"time"
)

// RotateLogs looks at all logs at once, which a Runtime does by itself now and then.
func (r *Runtime) RotateLogs(ctx context.Context, now time.Time) { r.rotateAll(ctx, now) }

// Dir is the folder of the Runtime's own files.
func (r *Runtime) Dir() string { return r.files.dir }

package lifecycle_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle/lifecycletest"
)

// TestExplain asks at moments of transcripts.
func TestExplain(t *testing.T) {
	for _, row := range []struct{ transcript, at, want string }{
		{"scheduling-gates", "1s", "Pending: the scheduling gate \"example.com/quota\" holds it back"},
		{"binding", "2s", "Pending: it is not bound to a node"},
		{"rejected-os", "1s", "Failed (PodOSNotSupported): Pod was rejected: Failed to admit pod as the OS field doesn't match node OS"},
		{"container-creating", "500ms", "Pending, not Ready: its sandbox is being made"},
		{"container-creating", "2s", "Pending, not Ready: container app waits for its image, which is being pulled"},
		{"container-creating", "6s", "Running and Ready"},
		{"sandbox-error", "3s", "Pending, not Ready: it has no sandbox; next try in 7 s"},
		{"volume-comes", "2s", "Pending, not Ready: its volumes could not be mounted; next try in 1.5 s"},
		{"crash-loop", "4s", "Running, not Ready: container app is not restarted for 8 s: back-off after 2 failures, the latest with exit code 1 (Error)"},
		{"crash-loop", "15s", "Running, not Ready: container app is not restarted for 18 s: back-off after 3 failures, the latest with exit code 1 (Error)"},
		{"crash-loop-cap", "6m", "Running, not Ready: container app is not restarted for 4 min 17 s: back-off after 7 failures, the latest with exit code 1 (Error)"},
		{"restart-always-exit-zero", "5s", "Running, not Ready: container app is not restarted for 9 s: back-off after 2 ends, the latest with exit code 0"},
		{"image-pull-back-off", "500ms", "Pending, not Ready: container app waits for its image, which is being pulled"},
		{"image-pull-back-off", "15s", "Pending, not Ready: container app has no image: the latest pull of \"app:1\" failed: no such image; next look in 7 s"},
		{"image-never-missing", "3s", "Pending, not Ready: container app could not be started (ErrImageNeverPull): Container image \"app:1\" is not present with pull policy of Never; next try in 7 s"},
		{"config-error", "12s", "Pending, not Ready: container app could not be started (CreateContainerConfigError): configmap \"settings\" not found; next try in 8 s"},
		{"start-error", "4s", "Running, not Ready: container app is not restarted for 6 s: back-off after 2 failures, the latest with exit code 128 (StartError)"},
		{"one-of-two-ended", "4s", "Running, not Ready: container log ended with exit code 0, and is not restarted"},
		{"failed", "3s", "Running, not Ready: container app ended with exit code 3 (Error), and is not restarted"},
		{"failed", "6s", "Failed: container app ended with exit code 3 (Error), container log ended with exit code 0"},
		{"succeeded", "1s", "Running and Ready"},
		{"succeeded", "6s", "Succeeded: container app ended with exit code 0"},
		{"init-in-order", "1s", "Pending, not Ready: init container first runs (1 of 2)"},
		{"init-retried", "5s", "Pending, not Ready: init container setup is not restarted for 7 s: back-off after 2 failures, the latest with exit code 1 (Error)"},
		{"init-fails-never", "5s", "Failed: init container setup ended with exit code 1 (Error)"},
		{"sidecar-startup-probe", "1s", "Pending, not Ready: sidecar proxy has not passed its startup probe; next probe in 1 s"},
		{"sidecar-startup-probe", "3s", "Pending, not Ready: sidecar proxy fails its startup probe (1 of 3): exit status 1; next probe in 1 s"},
		{"sidecar-readiness", "1s", "Running, not Ready: sidecar proxy fails its readiness probe (1 of 1): exit status 1; next probe in 1 s"},
		{"startup-probe", "3s", "Running, not Ready: container app fails its startup probe (1 of 5): exit status 1; next probe in 1 s"},
		{"readiness-probe", "1s", "Running, not Ready: container app fails its readiness probe (1 of 2): exit status 1; next probe in 1 s"},
		{"readiness-probe", "5s", "Running, not Ready: container app has not passed its readiness probe often enough (1 of 2); next probe in 1 s"},
		{"readiness-probe", "7s", "Running and Ready"},
		{"readiness-probe", "15s", "Running, not Ready: container app fails its readiness probe (2 of 2): exit status 1; next probe in 1 s"},
		{"initial-delay", "2s", "Running, not Ready: container app has not passed its readiness probe; next probe in 4 s"},
		{"probe-http", "3s", "Running, not Ready: container app fails its readiness probe (1 of 1): HTTP probe failed with statuscode: 503; next probe in 1 s"},
		{"probe-timeout", "7s", "Running and Ready; container app fails its liveness probe (1 of 2): command timed out: \"/alive\" timed out after 2s: rpc error: code = DeadlineExceeded desc = timeout 2s exceeded: context deadline exceeded; a probe is under way"},
		{"readiness-gate", "1s", "Running, not Ready: corresponding condition of pod readiness gate \"example.com/balancer\" does not exist"},
		{"readiness-gate", "7s", "Running, not Ready: the status of pod readiness gate \"example.com/balancer\" is not \"True\", but False"},
		{"post-start-slow", "1s", "Pending, not Ready: container app runs its postStart hook"},
		{"post-start-fails", "3s", "Running, not Ready: container app is not restarted for 7 s: back-off after 2 failures, the latest with exit code 143 (Error)"},
		{"restart-all-containers", "4.2s", "Running, not Ready: all its containers are being restarted in place"},
		{"restart-all-containers", "5s", "Pending, not Ready: init container setup runs"},
		{"image-update", "3.5s", "Running and Ready; container app has another image now, was asked to stop, and will be killed in 29.5 s"},
		{"startup-probe-fails", "5s", "Running, not Ready: container app failed its startup probe, was asked to stop, and will be killed in 2 s"},
		{"delete-ignored", "7s", "Running, being stopped: it was deleted with a grace period of 8 s; container app was asked to stop, and will be killed in 6 s"},
		{"pre-stop", "4s", "Running, being stopped: it was deleted with a grace period of 10 s; container app runs its preStop hook, for 9 s at most"},
		{"sidecars-stop-in-reverse", "5s", "Running, being stopped: it was deleted with a grace period of 30 s; container app was asked to stop, and will be killed in 29 s"},
		{"sidecars-stop-in-reverse", "6.5s", "Running, being stopped: it was deleted with a grace period of 30 s; sidecar second was asked to stop, and will be killed in 27.5 s"},
		{"delete-while-pulling", "3s", "Pending, not Ready: container app waits for its image, which is being pulled; then it is stopped, for it was deleted with a grace period of 30 s"},
		{"delete", "12s", "Failed: container app ended with exit code 143 (Error)"},
		{"delete-unbound", "5s", "Pending: it was deleted"},
		{"active-deadline", "3s", "Running and Ready; its active deadline is in 2 s"},
		{"active-deadline", "6s", "Running, being stopped: its active deadline has passed; container app was asked to stop, and will be killed in 29 s"},
		{"active-deadline", "9s", "Failed (DeadlineExceeded): Pod was active on the node longer than the specified deadline"},
		{"evict-node-pressure", "6s", "Running, being stopped: its node ends it (Evicted); container app was asked to stop, and will be killed in 1 s"},
		{"evict-node-pressure", "9s", "Failed (Evicted): The node was low on resource: memory."},
		{"static-pod-removed", "6s", "Running, being stopped: its manifest is gone; container app was asked to stop, and will be killed in 29 s"},
		{"lost-sandbox", "5.5s", "Pending, not Ready: init container setup runs"},
	} {
		t.Run(row.transcript+"/"+row.at, func(t *testing.T) {
			file := filepath.Join("testdata", row.transcript+".txt")
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tr, err := lifecycletest.ParseTranscript(file, string(text))
			require.NoError(t, err)
			at, err := time.ParseDuration(row.at)
			require.NoError(t, err)
			m, err := lifecycletest.MachineAt(tr.Scenario, lifecycletest.TestNode(), at)
			require.NoError(t, err)
			require.Equal(t, row.want, m.Explain())
		})
	}
}

package cluster

import (
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/cluster/workload"
)

// builtIn are the controllers of Kubernetes.
func (cfg *Config) builtIn() []controller.Controller {
	return slices.Concat(workload.All(), disruption.All(cfg.Disruption), volume.All(cfg.Provision))
}

// controllers are those of Kubernetes that are wanted, then the user's own.
func (cfg *Config) controllers() []controller.Controller {
	var out []controller.Controller
	for _, k := range cfg.builtIn() {
		if !slices.Contains(cfg.Without, "*") && !slices.Contains(cfg.Without, k.Name()) {
			out = append(out, k)
		}
	}
	return append(out, cfg.Controllers...)
}

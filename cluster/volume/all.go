package volume

import "github.com/podlife/podlife/cluster/controller"

// All are the controllers of this package. how is Provisioner.How.
func All(how func(Request) Provisioning) []controller.Controller {
	return []controller.Controller{Binder{}, Provisioner{How: how}, Ephemeral{}, ClaimProtection{}, VolumeProtection{}}
}

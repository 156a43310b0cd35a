package naming_test

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/podlife/podlife/naming"
)

func ExampleDNS1123Label() {
	fmt.Println(naming.DNS1123Label("web-frontend"))
	fmt.Println(naming.DNS1123Label("web_frontend"))
	// Output:
	// <nil>
	// RFC 1123 label "web_frontend": byte 3 ('_'): must consist of lower-case letters, digits and '-'
}

func ExampleError() {
	err := naming.QualifiedName("example.com/app/name")
	var fault *naming.Error
	if errors.As(err, &fault) {
		fmt.Println(fault.Input)
		fmt.Printf("%*s %s\n", fault.Offset+1, "^", fault.Detail)
	}
	// Output:
	// example.com/app/name
	//                ^ must have no more than one '/'
}

func ExampleRule_Check() {
	for _, rule := range []naming.Rule{naming.RulePortName, naming.RuleIP, naming.RuleLabelValue} {
		fmt.Println(rule.Check("10.0.0.256"))
	}
	// Output:
	// port name "10.0.0.256": byte 2 ('.'): must consist of lower-case letters, digits and '-'
	// IP address "10.0.0.256": byte 9 ('6'): must be four numbers from 0 to 255 between dots, without leading zeros
	// <nil>
}

func ExampleGenerate() {
	seeded := rand.New(rand.NewPCG(1, 2))
	name := naming.Generate("web-", seeded.IntN)
	fmt.Println(len(name), naming.DNS1123Subdomain(name))
	// Output: 9 <nil>
}

func ExampleSafeEncode() {
	fmt.Println(naming.SafeEncode("3041239578"))
	// Output: 748567f9cd
}

func ExampleFixName() {
	taken := map[string]bool{"my-app": true}
	fmt.Println(naming.FixName("My App!", nil))
	fmt.Println(naming.FixName("My App!", func(name string) bool { return taken[name] }))
	// Output:
	// my-app
	// my-app-2
}

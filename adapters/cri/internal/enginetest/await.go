//go:build linux

package enginetest

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// awaitImages returns when an engine shows all images: what was imported becomes known there a little later.
func awaitImages(endpoint string, names []string) error {
	conn, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for _, name := range names {
		for !hasImage(ctx, criapi.NewImageServiceClient(conn), name) {
			if ctx.Err() != nil {
				return fmt.Errorf("image %q is not there %s after it was imported", name, startPatience)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return nil
}

func hasImage(ctx context.Context, images criapi.ImageServiceClient, name string) bool {
	answer, err := images.ImageStatus(ctx, &criapi.ImageStatusRequest{Image: &criapi.ImageSpec{Image: name}})
	return err == nil && answer.GetImage().GetId() != ""
}

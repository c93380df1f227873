package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"roadbook/fault"
)

// bucket keeps each blob as an object of an S3 bucket.
type bucket struct {
	client *minio.Client
	name   string
}

func openBucket(ctx context.Context, u *url.URL) (*bucket, error) {
	name := strings.Trim(u.Path, "/")
	if u.Host == "" || name == "" || strings.Contains(name, "/") {
		return nil, fault.New(fault.Invalid, "blob_url", "blob store: expected s3://key:secret@host/bucket")
	}
	secret, _ := u.User.Password()
	creds := credentials.NewStaticV4(u.User.Username(), secret, "")
	if u.User == nil {
		creds = credentials.NewEnvAWS()
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: creds, Secure: u.Query().Get("tls") != "0", Region: u.Query().Get("region")})
	if err != nil {
		return nil, fmt.Errorf("blob store %s: %w", u.Host, err)
	}
	ok, err := client.BucketExists(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("blob store %s: %w", u.Host, err)
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "blob_bucket", "blob store: no bucket %q at %s", name, u.Host)
	}
	return &bucket{client, name}, nil
}

func (b *bucket) spool() string { return "" }

// put relies on S3: an object appears whole or not at all.
func (b *bucket) put(ctx context.Context, key string, r io.Reader, size int64) error {
	_, err := b.client.PutObject(ctx, b.name, key, r, size, minio.PutObjectOptions{ContentType: "application/octet-stream"})
	return err
}

func (b *bucket) open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	size, err := b.stat(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	o, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, err
	}
	return o, size, nil
}

func (b *bucket) stat(ctx context.Context, key string) (int64, error) {
	info, err := b.client.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if e, ok := errors.AsType[minio.ErrorResponse](err); ok && e.StatusCode == 404 {
		return 0, missing(key)
	}
	if err != nil {
		return 0, err
	}
	return info.Size, nil
}

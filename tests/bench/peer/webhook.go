package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

type mutator struct{ decoder admission.Decoder }

func (h *mutator) Handle(ctx context.Context, req admission.Request) admission.Response {
	pvc := &corev1.PersistentVolumeClaim{}
	if err := h.decoder.Decode(req, pvc); err != nil {
		return admission.Errored(400, err)
	}
	if pvc.Labels["backup"] != "hourly" {
		return admission.Allowed("")
	}
	pvc.Spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: ptr.To("volsync.backube"), Kind: "ReplicationDestination", Name: pvc.Name + "-backup"}
	b, _ := json.Marshal(pvc)
	return admission.PatchResponseFromRaw(req.Object.Raw, b)
}

// serveWebhook is the mutation of the benchmark of admissions.
func serveWebhook(address, certificate, key string) error {
	s := runtime.NewScheme()
	_ = clientgoscheme.AddToScheme(s)
	wh := &webhook.Admission{Handler: &mutator{decoder: admission.NewDecoder(s)}}
	mux := http.NewServeMux()
	mux.Handle("/mutate", wh)
	srv := &http.Server{Addr: address, Handler: mux, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}}
	return srv.ListenAndServeTLS(certificate, key)
}

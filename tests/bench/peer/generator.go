package main

import (
	"context"
	"strings"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	ctrlbuilder "sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const parallel = 16

type reconciler struct {
	client client.Client
	// By the PVC that they are made for.
	objects map[types.NamespacedName][]*unstructured.Unstructured
}

// Reconcile writes what the cache does not have.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	claim := &corev1.PersistentVolumeClaim{}
	if err := r.client.Get(ctx, request.NamespacedName, claim); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	for _, wanted := range r.objects[request.NamespacedName] {
		there := &unstructured.Unstructured{}
		there.SetGroupVersionKind(wanted.GroupVersionKind())
		err := r.client.Get(ctx, client.ObjectKeyFromObject(wanted), there)
		if err == nil {
			continue
		}
		if !errors.IsNotFound(err) {
			return ctrl.Result{}, err
		}
		if err := r.client.Patch(ctx, wanted.DeepCopy(), client.Apply, client.FieldOwner(fieldManager), client.ForceOwnership); err != nil {
			return ctrl.Result{}, err
		}
	}
	return ctrl.Result{}, nil
}

func control(kubeconfig, file string) error {
	ctrl.SetLogger(logr.Discard())
	config, err := connect(kubeconfig)
	if err != nil {
		return err
	}
	objects, err := readObjects(file)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	_ = clientgoscheme.AddToScheme(scheme)
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Metrics: server.Options{BindAddress: "0"},
		Client:  client.Options{Cache: &client.CacheOptions{Unstructured: true}},
	})
	if err != nil {
		return err
	}
	wanted := &reconciler{manager.GetClient(), map[types.NamespacedName][]*unstructured.Unstructured{}}
	kinds := map[schema.GroupVersionKind]bool{}
	builder := ctrl.NewControllerManagedBy(manager).For(&corev1.PersistentVolumeClaim{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: parallel})
	for _, object := range objects {
		pvc := types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetAnnotations()["holdfast.dev/pvc"]}
		wanted.objects[pvc] = append(wanted.objects[pvc], object)
		if kind := object.GroupVersionKind(); !kinds[kind] {
			kinds[kind] = true
			owned := &unstructured.Unstructured{}
			owned.SetGroupVersionKind(kind)
			// holdfast's owner references are no controller's.
			builder = builder.Owns(owned, ctrlbuilder.MatchEveryOwner)
		}
	}
	if err := builder.Complete(wanted); err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

// plural is as the definitions of VolSync and External Secrets have it.
func plural(kind string) string { return strings.ToLower(kind) + "s" }

func applyAll(kubeconfig, file string, clients int) error {
	config, err := connect(kubeconfig)
	if err != nil {
		return err
	}
	objects, err := readObjects(file)
	if err != nil {
		return err
	}
	api, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(clients)
	for _, object := range objects {
		group.Go(func() error {
			kind := object.GroupVersionKind()
			resource := schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: plural(kind.Kind)}
			_, err := api.Resource(resource).Namespace(object.GetNamespace()).Apply(ctx, object.GetName(), object,
				metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
			return err
		})
	}
	return group.Wait()
}

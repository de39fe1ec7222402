{{/* Names are fixed: a cluster has one holdfast. */}}

{{- define "holdfast.labels" -}}
{{- $own := dict "app.kubernetes.io/name" "holdfast" "app.kubernetes.io/managed-by" .Release.Service }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version) }}
{{- toYaml (merge $own .Values.commonLabels) }}
{{- end }}

{{- define "holdfast.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* What the values say about the repository, in the words of holdfast.yaml. */}}
{{- define "holdfast.settings.repository" -}}
{{- $repository := .Values.repository }}
{{- if eq $repository.kind "nfs" }}
index: {backend: kopia-fs, path: /repository}
generator:
  repository:
    kind: nfs
    server: {{ required "repository.nfs.server: the name or address of the NFS server" $repository.nfs.server | quote }}
    path: {{ required "repository.nfs.path: the exported path" $repository.nfs.path | quote }}
  backup:
    moverSecurityContext:
      runAsUser: {{ .Values.user.runAsUser | int64 }}
      runAsGroup: {{ .Values.user.runAsGroup | int64 }}
      fsGroup: {{ .Values.user.fsGroup | int64 }}
{{- else if eq $repository.kind "s3" }}
{{- $place := dict "endpoint" (required "repository.s3.endpoint: the server" $repository.s3.endpoint) }}
{{- $_ := set $place "bucket" (required "repository.s3.bucket: its name" $repository.s3.bucket) }}
{{- range $key := list "prefix" "region" }}
{{- with index $repository.s3 $key }}{{ $_ := set $place $key . }}{{ end }}
{{- end }}
index:
  backend: kopia-s3
  s3: {{ toJson $place }}
generator:
  repository: {{ toJson (merge (dict "kind" "s3") $place) }}
{{- end }}
{{- end }}

{{- define "holdfast.settings.secret" -}}
{{- with .Values.externalSecrets }}
{{- if .enabled }}
generator:
  secret:
    mode: external-secret
    storeKind: {{ .storeKind }}
    store: {{ required "externalSecrets.store: the name of the secret store" .store | quote }}
    key: {{ required "externalSecrets.key: the entry in the store" .key | quote }}
    {{- with .passwordProperty }}
    property: {{ . | quote }}
    {{- end }}
    {{- with .accessKeyProperty }}
    accessKeyProperty: {{ . | quote }}
    {{- end }}
    {{- with .secretKeyProperty }}
    secretKeyProperty: {{ . | quote }}
    {{- end }}
    {{- with .refreshInterval }}
    refreshInterval: {{ . | quote }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* holdfast.yaml as YAML: what the values say, and over it `settings`. */}}
{{- define "holdfast.settings" -}}
{{- $made := include "holdfast.settings.repository" . | fromYaml }}
{{- $made = merge $made (include "holdfast.settings.secret" . | fromYaml) }}
{{- with .Values.repository.id }}
{{- $made = merge $made (dict "index" (dict "repositoryId" .)) }}
{{- end }}
{{- with .Values.excludedNamespaces }}
{{- $_ := set $made "excludedNamespaces" . }}
{{- end }}
{{- toYaml (mergeOverwrite $made (deepCopy .Values.settings)) }}
{{- end }}

{{/* Environment goes over the file: what the chart says by a variable must not be said in `settings` too, where it would do
nothing. Key of the settings: the value that is meant. */}}
{{- define "holdfast.refuse.unheard" -}}
{{- $mode := dig "generator" "secret" "mode" "copy" (include "holdfast.settings" . | fromYaml) }}
{{- if and .Values.secretCopy (ne $mode "copy") }}
{{- fail "secretCopy: externalSecrets or settings.generator.secret.mode say where else the Secrets of movers come from" }}
{{- end }}
{{- $said := dict "certs.mode" "certificate.mode" "webhook.certDir" "certificate" "index.passwordFile" "repository.password" }}
{{- $said = merge $said (dict "index.cacheDir" "extraEnv" "log.format" "extraEnv") }}
{{- $said = merge $said (dict "mode" "mode" "webhook.port" "webhook.port" "ops.port" "ops.port") }}
{{- if .Values.podInsight }}{{ $_ := set $said "generator.podInsight" "podInsight" }}{{ end }}
{{- if eq .Values.repository.kind "s3" }}
{{- $said = merge $said (dict "index.s3.accessKeyFile" "repository.s3" "index.s3.secretKeyFile" "repository.s3") }}
{{- end }}
{{- range $key, $value := $said }}
{{- $at := $.Values.settings }}
{{- range splitList "." $key }}
{{- $at = ternary (get (default dict $at) .) "" (kindIs "map" $at) }}
{{- end }}
{{- if ne (toString $at) "" }}
{{- fail (printf "settings.%s: the chart says that itself; use the value %s" $key $value) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "holdfast.settings.name" -}}
holdfast-settings-{{ include "holdfast.settings" . | sha256sum | trunc 10 }}
{{- end }}

{{/* A file that the chart shares with kustomize, in this release's namespace. A dict of `root` and `file`. */}}
{{- define "holdfast.file" -}}
{{ .root.Files.Get (printf "files/%s" .file) | replace "holdfast-system" .root.Release.Namespace }}
{{- end }}

{{/* The documents of such a file as {"items": […]}, with this release's labels. A dict of `root` and `file`. */}}
{{- define "holdfast.documents" -}}
{{- $items := list }}
{{- range regexSplit "(?m)^---\n" (include "holdfast.file" .) -1 }}
{{- $document := fromYaml . }}
{{- $labels := merge (include "holdfast.labels" $.root | fromYaml) (dig "metadata" "labels" dict $document) }}
{{- $_ := set $document.metadata "labels" $labels }}
{{- if and (eq $document.kind "ServiceAccount") $.root.Values.serviceAccount.annotations }}
{{- $_ := set $document.metadata "annotations" $.root.Values.serviceAccount.annotations }}
{{- end }}
{{- if eq $document.kind "PodDisruptionBudget" }}
{{- $_ := set $document.spec "maxUnavailable" $.root.Values.podDisruptionBudget.maxUnavailable }}
{{- end }}
{{- $items = append $items $document }}
{{- end }}
{{- dict "items" $items | toJson }}
{{- end }}

{{/* The same as text. */}}
{{- define "holdfast.shared" -}}
{{- range (include "holdfast.documents" . | fromJson).items }}
---
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The webhook configurations of a file, with what they get in every installation: whom they leave alone, who makes their
certificate. A dict of `root`, `file` and `strict`: whether PVCs without a label are asked about too. */}}
{{- define "holdfast.webhooks" -}}
{{- $values := .root.Values }}
{{- $always := include "holdfast.file" (dict "root" .root "file" "base/excluded-namespaces.yaml") | fromYaml }}
{{- $excluded := concat $always.namespaces $values.excludedNamespaces | uniq }}
{{- range $configuration := (include "holdfast.documents" . | fromJson).items }}
{{- if and $.strict (has $configuration.metadata.name (list "zz-holdfast" "holdfast")) }}
{{- $file := printf "components/strict/%s.yaml" (trimSuffix "webhookconfiguration" (lower $configuration.kind)) }}
{{- range $patch := include "holdfast.file" (dict "root" $.root "file" $file) | fromYamlArray }}
{{- $_ := set $configuration "webhooks" (append $configuration.webhooks $patch.value) }}
{{- end }}
{{- end }}
{{- range $entry := $configuration.webhooks }}
{{- with $values.webhook.timeoutSeconds }}
{{- $_ := set $entry "timeoutSeconds" (int .) }}
{{- end }}
{{- with $entry.namespaceSelector }}
{{- $_ := set (first .matchExpressions) "values" $excluded }}
{{- end }}
{{- if and $values.certificate.ca (has $values.certificate.mode (list "files" "secret")) }}
{{- $_ := set $entry.clientConfig "caBundle" (b64enc $values.certificate.ca) }}
{{- end }}
{{- end }}
{{- if eq $values.certificate.mode "cert-manager" }}
{{- $from := printf "%s/holdfast-webhook" $.root.Release.Namespace }}
{{- $_ := set $configuration.metadata "annotations" (dict "cert-manager.io/inject-ca-from" $from) }}
{{- end }}
---
{{ toYaml $configuration }}
{{- end }}
{{- end }}

{{- define "holdfast.podSecurityContext" -}}
{{- with .Values.podSecurityContext }}
{{- toYaml . }}
{{ end -}}
runAsNonRoot: true
runAsUser: {{ .Values.user.runAsUser | int64 }}
runAsGroup: {{ .Values.user.runAsGroup | int64 }}
fsGroup: {{ .Values.user.fsGroup | int64 }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "holdfast.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

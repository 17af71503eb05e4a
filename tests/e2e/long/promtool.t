#!/bin/bash
# What --metrics-file writes, as Prometheus's own tools read it: promtool, and node_exporter with the files of
# two remotes in one folder; and the alerts that scripts/debian/examples and drydock-faq(7) propose.
. "$(dirname "$0")/../lib.sh"

source=$(cd "$E2E/../.." && pwd)
rules=$source/scripts/debian/examples/drydock.rules.yml
for tool in promtool prometheus-node-exporter; do
  command -v $tool >/dev/null || skip_all "$tool is not installed"
done

accepts() { promtool check metrics <"$1"; }
serve s3
export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
must "$HELPERS/mkarchive.py" oci-minimal app.tar
must drydock --root "$T/r\"oot" stage -t app:1 app.tar
mkdir -p home/.config/drydock folder
printf '[remote "%s"]\nurl = s3://%s\nendpoint_url = %s\nconnect_wait = 200ms\n' prod one "$U" 'back\slash' two http://127.0.0.1:1 \
  >home/.config/drydock/config
to() { drydock --root "$T/r\"oot" sync "$1" -q --metrics-file "folder/drydock-$2.prom"; }
ok "a sync that goes well" to prod prod
ok "promtool accepts its figures" accepts folder/drydock-prod.prom
is "$OUT$ERR" '' "and has nothing to say of names, types and help"
exits 5 "a sync whose link is dead" to 'back\slash' back
ok "promtool accepts its figures" accepts folder/drydock-back.prom
is "$OUT$ERR" '' "also where names hold a quote and a backslash"
is "$(stat -c %a folder/*.prom | sort -u)" 644 "another user's collector can read them"

port=$(free_port)
daemon_run "$T/s3" exporter prometheus-node-exporter --web.listen-address="127.0.0.1:$port" \
  --collector.disable-defaults --collector.textfile --collector.textfile.directory="$T/folder"
daemon_wait "$T/s3" exporter 10 port_answers "$port" || bail "no node_exporter"
must curl -sS -o shown "http://127.0.0.1:$port/metrics"
like "$(cat shown)" '^node_textfile_scrape_error 0$' "node_exporter reads both files from one folder"
is "$(sed -nE 's/^drydock_sync_status\{remote="(.*)",root=".*"\} ([0-9]+)$/\1 \2/p' shown | sort)" $'back\\\\slash 5\nprod 0' \
  "and shows the figures of both"
is "$(grep -c '^node_textfile_mtime_seconds{file=".*drydock-.*"}' shown)" 2 "and the age of each"
grep -E '^(# (HELP|TYPE) )?(drydock|node_textfile_mtime)' shown >ours
ok "promtool accepts what it makes of them" accepts ours

# Health by the age of the file: every run writes it, also one that fails.
touch -d '3 hours ago' folder/*.prom
exits 5 "the next run fails" to 'back\slash' back
is "$(find folder -name '*.prom' -mmin +120)" folder/drydock-prod.prom "only the file that no run has written is old"

ok "promtool accepts the proposed alerts" promtool check rules "$rules"
mandoc -Tutf8 -O width=200 "$source/cli/man/drydock-faq.7" >faq 2>&1 || cp "$source/cli/man/drydock-faq.7" faq
while IFS= read -r expression; do
  grep -qF -- "$expression" faq || echo "$expression"
done < <(sed -n 's/^ *expr: //p' "$rules" | head -n 2) >not-told
is "$(cat not-told)" '' "drydock-faq(7) tells the same expressions"
cat >alerts.yml <<YML
rule_files: [$rules]
evaluation_interval: 1h
tests:
  - interval: 1h
    input_series:
      - series: 'drydock_sync_last_success_timestamp_seconds{root="/r",remote="prod"}'
        values: '3600x48'
      - series: 'node_textfile_mtime_seconds{file="/m/drydock-prod.prom"}'
        values: '0+3600x20 72000x28'
      - series: 'drydock_sync_held_objects{root="/r",remote="prod"}'
        values: '0x48'
    alert_rule_test:
      - {eval_time: 20h, alertname: RegistryNotPublished, exp_alerts: []}
      - eval_time: 26h
        alertname: RegistryNotPublished
        exp_alerts:
          - exp_labels: {root: /r, remote: prod}
            exp_annotations: {summary: no sync of /r to prod has succeeded for a day}
      - {eval_time: 22h, alertname: RegistrySyncNotRunning, exp_alerts: []}
      - eval_time: 23h
        alertname: RegistrySyncNotRunning
        exp_alerts:
          - exp_labels: {file: /m/drydock-prod.prom}
            exp_annotations:
              summary: no sync has written /m/drydock-prod.prom for two hours, not even to tell that it failed
      - {eval_time: 23h, alertname: RegistryTagHeld, exp_alerts: []}
YML
ok "they fire when they should" promtool test rules alerts.yml
done_testing

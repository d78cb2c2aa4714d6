#!/bin/sh
# Runs a command beside a vLLM server of the embedded policy: with_vllm_server.sh PYTHON COMMAND...
# PYTHON is that of an environment with vLLM; the command finds the server's address in TTPA_VLLM_URL.
set -eu
python=$1
shift
port=${TTPA_VLLM_PORT:-8765}
policy=$(cd "$(dirname "$0")/../src/ttpa/quickstart/policy" && pwd)
log=$(mktemp)
VLLM_CPU_KVCACHE_SPACE=${VLLM_CPU_KVCACHE_SPACE:-1} "$python" -m vllm.entrypoints.openai.api_server --model "$policy" \
    --port "$port" --dtype float32 --max-logprobs 20 --enable-prefix-caching --max-model-len 4096 \
    --enable-auto-tool-choice --tool-call-parser hermes >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
export TTPA_VLLM_URL="http://127.0.0.1:$port"
tries=0
until "$python" -c "import urllib.request as u; u.urlopen('$TTPA_VLLM_URL/v1/models')" 2>/dev/null; do
    tries=$((tries + 1))
    if ! kill -0 $server 2>/dev/null || [ $tries -gt 150 ]; then
        echo "the server did not start:" >&2
        tail -20 "$log" >&2
        exit 1
    fi
    sleep 2
done
"$@"

using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.AdvisorLab.Model;

namespace ChunkUpload.AdvisorLab.Live;

/// <summary>A client's behaviour besides the use of the advised size and number of chunks.</summary>
/// <param name="Stall">Milliseconds; null means as advised.</param>
internal sealed record LiveHabits(bool KeepsPrefix, bool Staggers, bool Probes, int? Stall)
{
    /// <summary>Follows all of the advice.</summary>
    public static LiveHabits Advised { get; } = new(true, true, true, null);

    /// <summary>Like the simulator's clients of the tiers: broken chunks begin anew, and silence is noticed after 15 s.</summary>
    public static LiveHabits Plain { get; } = new(false, false, false, 15_000);
}

/// <summary>The result of an upload.</summary>
/// <param name="Seconds">From the beginning of the first chunk to the receipt of the last.</param>
/// <param name="Received">Bytes of bodies that reached the service, counted again when sent again.</param>
internal sealed record LiveRun(double Seconds, long Received, int Requests, int Tried, int TookOver);

/// <summary>
/// A client that follows the advice as docs/advisor.md describes it: it staggers its chunks, continues broken ones, asks over a second
/// connection whether the bytes of silent requests still arrive, and gives such requests up. Other habits follow less of it. Sessions are
/// created and completed outside the link, so that only the bytes are measured.
/// </summary>
internal sealed class LiveClient(Uri service, string key, IPEndPoint link, int seed, LiveHabits habits) : IDisposable
{
    private const int Streams = 8;
    private const int Slice = 8 << 10;
    private const long Multiple = 64 << 10;

    private const double LongestWait = 8000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly HttpClient _direct = new() { BaseAddress = service };
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly byte[] _pattern = RandomNumberGenerator.GetBytes(1 << 20);
    // Ranges of broken chunks that begin anew, in the sizes that are advised by then.
    private readonly Stack<(long Offset, long Length)> _back = [];
    private Chance _jitter = Chance.Of((ulong)seed, 0x11FE);
    private Hints _advice = new(0, 1, 0, 0, 8000, 8000);
    private int _advices;
    private long _next;
    private int _active;
    private int _waiting;
    private int _requests;
    private int _probes;
    private int _takeovers;

    private sealed record Hints(long Size, int Concurrency, int RetryFrom, int RetryTo, int Stall, int Probe);

    public async Task<LiveRun> UploadAsync(long size, CancellationToken cancellationToken)
    {
        _direct.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var created = await _direct.PostAsJsonAsync(
            new Uri("/api/sessions", UriKind.Relative), new { fileName = "live.bin", size }, cancellationToken);
        using var session = await ReadAsync(created, cancellationToken);
        var id = session.RootElement.GetProperty("id").GetString()!;
        Take(session.RootElement.GetProperty("advice"));

        var began = _time.GetTimestamp();
        var clock = new LiveLine.Clock(_time);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => SendAsync(clock, id, size, cancellationToken)));
        var seconds = _time.GetElapsedTime(began).TotalSeconds;

        using var completed = await _direct.PostAsync(new Uri($"/api/sessions/{id}/complete", UriKind.Relative), null, cancellationToken);
        using var file = await ReadAsync(completed, cancellationToken);
        // The service's count.
        if (file.RootElement.GetProperty("receivedBytes").GetInt64() != size)
            throw new LabException("The service has another number of bytes than were sent.");
        return new LiveRun(seconds, await ReceivedAsync(id, cancellationToken), _requests, _probes, _takeovers);
    }

    // The history shows for each advice how many bytes came under it; its last line belongs to the last advice.
    private async Task<long> ReceivedAsync(string id, CancellationToken cancellationToken)
    {
        long bytes = 0;
        for (string? cursor = ""; cursor is not null;)
        {
            using var answer = await _direct.GetAsync(new Uri(
                $"/api/sessions/{id}/advice/history?limit=200&cursor={Uri.EscapeDataString(cursor)}", UriKind.Relative), cancellationToken);
            using var page = await ReadAsync(answer, cancellationToken);
            bytes += page.RootElement.GetProperty("items").EnumerateArray()
                .Sum(item => item.GetProperty("before").GetProperty("bytes").GetInt64());
            cursor = page.RootElement.GetProperty("nextCursor").GetString();
        }

        return bytes;
    }

    public void Dispose() => _direct.Dispose();

    private async Task SendAsync(LiveLine.Clock clock, string id, long size, CancellationToken cancellationToken)
    {
        using var line = new LiveLine(service, key, link, clock);
        while (true)
        {
            long offset, length;
            lock (_gate)
            {
                if (_next == size && _back.Count == 0)
                    return;
                (offset, length) = (0, 0);
                if (_active < _advice.Concurrency)
                {
                    (offset, var most) = _back.TryPop(out var back) ? back : (_next, size - _next);
                    var share = habits.Staggers ? _advice.Size * (_active - _waiting + 1) / _advice.Concurrency : _advice.Size;
                    length = Math.Max(Math.Min(_advice.Size, Multiple), share);
                    if (most - length < length / 8)
                        length = most;
                    if (offset == _next)
                        _next += length;
                    else if (length < most)
                        _back.Push((offset + length, most - length));
                    _active++;
                }
            }

            if (length == 0)
            {
                await Task.Delay(Pause, _time, cancellationToken);
                continue;
            }

            var missing = await ChunkAsync(line, id, offset, length, cancellationToken);
            lock (_gate)
            {
                _active--;
                foreach (var part in missing)
                    _back.Push(part);
            }
        }
    }

    /// <returns>The ranges that must begin anew if the chunk broke.</returns>
    private async Task<IReadOnlyList<(long Offset, long Length)>> ChunkAsync(
        LiveLine line, string id, long offset, long length, CancellationToken cancellationToken)
    {
        var chunk = new Chunk(new Uri($"/api/sessions/{id}/chunks/{offset}", UriKind.Relative), offset, length, Digest(offset, length));
        var (failures, advices) = (0, _advices);
        for (var ask = false; ; ask = true)
        {
            line.Moved();
            using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var attempt = AttemptAsync(line, chunk, ask, stall);
            var probe = line.ProbeAsync(
                () => habits.Probes ? TimeSpan.FromMilliseconds(_advice.Probe) : Timeout.InfiniteTimeSpan, (second, token) =>
                    IsDeadAsync(second, id, token), enough.Token);
            var first = await Task.WhenAny(attempt, probe);
            await (first == probe ? stall : enough).CancelAsync();
            var done = await EndedAsync(attempt);
            var second = await MadeAsync(probe);
            cancellationToken.ThrowIfCancellationRequested();
            if (done)
            {
                second?.Dispose();
                return [];
            }

            if (second is not null)
            {
                _ = Interlocked.Increment(ref _takeovers);
                line.GoOver(second);
                continue;
            }

            // The simulated client that begins anew uses the latest advice, at no cost; so the live one asks outside the link.
            var missing = habits.KeepsPrefix ? [] : await MissingAsync(id, offset, length, cancellationToken);
            double wait;
            lock (_gate)
            {
                // The advice knows the failures before it; each later one doubles the wait.
                (failures, advices) = (advices == _advices ? failures + 1 : 1, _advices);
                wait = Math.Min(LongestWait, _jitter.Between(_advice.RetryFrom, _advice.RetryTo) * Math.Pow(2, Math.Min(30, failures - 1)));
                _waiting++;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(wait), _time, cancellationToken);
            lock (_gate)
                _waiting--;
            if (!habits.KeepsPrefix)
                return missing;
        }
    }

    // A chunk whose answer was lost is complete, and overlapping chunks would be refused.
    private async Task<IReadOnlyList<(long Offset, long Length)>> MissingAsync(
        string id, long offset, long length, CancellationToken cancellationToken)
    {
        using var answer = await _direct.GetAsync(new Uri($"/api/sessions/{id}", UriKind.Relative), cancellationToken);
        using var status = await ReadAsync(answer, cancellationToken);
        Take(status.RootElement.GetProperty("advice"));
        return
        [
            .. status.RootElement.GetProperty("missing").EnumerateArray()
                .Select(range => (From: range.GetProperty("offset").GetInt64(), Length: range.GetProperty("length").GetInt64()))
                .Select(range => (From: Math.Max(range.From, offset), To: Math.Min(range.From + range.Length, offset + length)))
                .Where(part => part.From < part.To).Select(part => (part.From, part.To - part.From)),
        ];
    }

    private int Stall => habits.Stall ?? _advice.Stall;

    private sealed record Chunk(Uri Path, long Offset, long Length, string Digest);

    private async Task AttemptAsync(LiveLine line, Chunk chunk, bool ask, CancellationTokenSource stall)
    {
        long kept = 0;
        stall.CancelAfter(Stall);
        if (ask && habits.KeepsPrefix)
        {
            using var head = await line.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, chunk.Path), stall.Token);
            line.Moved();
            kept = head.IsSuccessStatusCode
                ? long.Parse(head.Headers.GetValues("Upload-Offset").First(), System.Globalization.CultureInfo.InvariantCulture)
                : 0;
            if (kept == chunk.Length)
                return;
        }

        _ = Interlocked.Increment(ref _requests);
        using var content = new PacedContent(this, line, chunk.Offset + kept, chunk.Length - kept, stall);
        using var request = new HttpRequestMessage(HttpMethod.Put, chunk.Path) { Content = content };
        request.Headers.Add("X-Chunk-SHA256", chunk.Digest);
        if (kept > 0)
            request.Content.Headers.TryAddWithoutValidation(
                "Content-Range", $"bytes {chunk.Offset + kept}-{chunk.Offset + chunk.Length - 1}/*");
        using var answer = await line.Http.SendAsync(request, stall.Token);
        line.Moved();
        using var receipt = await ReadAsync(answer, stall.Token);
        Take(receipt.RootElement.GetProperty("advice"));
    }

    private static async Task<bool> EndedAsync(Task attempt)
    {
        try
        {
            await attempt;
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    // Late bytes count: if the service has received something recently, the connection is alive.
    private async Task<bool> IsDeadAsync(HttpClient second, string id, CancellationToken cancellationToken)
    {
        _ = Interlocked.Increment(ref _probes);
        using var answer = await second.GetAsync(new Uri($"/api/sessions/{id}/advice", UriKind.Relative), cancellationToken);
        using var advice = await ReadAsync(answer, cancellationToken);
        var silent = advice.RootElement.GetProperty("silentMs");
        return silent.ValueKind == JsonValueKind.Null || silent.GetInt32() >= _advice.Probe;
    }

    private static async Task<HttpClient?> MadeAsync(Task<HttpClient> probe)
    {
        try
        {
            return await probe;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void Take(JsonElement advice)
    {
        var retry = advice.GetProperty("retryDelayMs");
        lock (_gate)
        {
            _advice = new Hints(
                advice.GetProperty("chunkSize").GetInt64(), advice.GetProperty("concurrency").GetInt32(), retry[0].GetInt32(), retry[1]
                    .GetInt32(),
                advice.GetProperty("stallTimeoutMs").GetInt32(), advice.GetProperty("probeAfterMs").GetInt32());
            _advices++;
        }
    }

    private static async Task<JsonDocument> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text) : throw new HttpRequestException($"{(int)answer.StatusCode} {text}");
    }

    private string Digest(long offset, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var at = offset; at < offset + length;)
        {
            var part = Part(at, offset + length - at);
            hash.AppendData(part.Span);
            at += part.Length;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // The same megabyte again and again; its content does not matter, because nothing compresses it.
    private ReadOnlyMemory<byte> Part(long offset, long most)
    {
        var start = (int)(offset % _pattern.Length);
        return _pattern.AsMemory(start, (int)Math.Min(most, _pattern.Length - start));
    }

    /// <summary>Passes its bytes to the socket in small blocks; each accepted block counts as progress.</summary>
    private sealed class PacedContent(
        LiveClient client, LiveLine line, long offset, long length, CancellationTokenSource stall) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            for (var at = offset; at < offset + length;)
            {
                stall.CancelAfter(client.Stall);
                var part = client.Part(at, Math.Min(Slice, offset + length - at));
                await stream.WriteAsync(part, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                line.Moved();
                at += part.Length;
            }

            stall.CancelAfter(client.Stall);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}

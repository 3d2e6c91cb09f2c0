using System.Net.Sockets;
using System.Text;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Requests with flipped, cut, doubled and swapped bytes, and fuzzed headers for every parser, beside healthy uploads: no 5xx, no hang, no
/// loss.
/// </summary>
internal sealed class FuzzTest : IFaultTest
{
    // One thread each, because an answer that takes microseconds does not justify the thread pool.
    private const int Connections = 24;

    // The number of pipelined requests. Those that a closed connection left unanswered are sent again over the next one.
    private const int AtOnce = 8;

    // Bodies that are too short end only when the client closes its sending half.
    private const int SilenceMicroseconds = 30_000;
    private const long MostGrowth = 96L << 20;
    private const string Origin = "Host: x\r\nAuthorization: Bearer ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string[] Tokens =
    [
        "-1", "0", "18446744073709551616", "9223372036854775807", "1e9", "+5", "\0", "\r\n", "\n", " ", "\t", ";", ",", "=", "\"", ":",
            "?1", "?0", "final;", "partial", "bytes */*",
        "bytes 0-0/1", "bytes 5-1/2", "sha-256=::", "sha-256=:AAAA:", "%00", "%2f..", "../", "é", "\u00ff", "chunked", "gzip, chunked",
            "100-continue", "{}", "[", "null", "Infinity",
    ];

    public string Name => "fuzz";

    public string Number => "T14";

    public string Question => "Can a malformed request break the service?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var count = run.Count(ci: 40_000, soak: 5_000_000);
        var service = new LabService(run, run.MakeFolder("data")) { Settings = { "--Log:Level=Error" } };
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service, clients: 1, largest: 40_000);
        await witness.LoadAsync(cancellationToken);
        await witness.AckedAsync(20, cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);
        var upload = (await wire.AskAsync(
            HttpMethod.Post, "/files", null, cancellationToken, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "1000000")))!.Path;
        var session = (await wire.AskAsync(HttpMethod.Post, "/api/sessions",
            new StringContent("{\"fileName\":\"f\",\"size\":1000000}", Encoding.UTF8, "application/json"),
                cancellationToken))!.Json!["id"]!.ToString();
        var seeds = Seeds(service.Key, upload, session);
        var statuses = new long[6];
        var (left, answered, early) = ((long)count, 0L, 0L);
        var began = TimeProvider.System.GetTimestamp();
        var attack = Enumerable.Range(0, Connections).Select(index => Task.Factory.StartNew(
            () => Attack(new Random((run.Seed * 100) + index)), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))
                .ToArray();
        await Task.WhenAll(attack);
        var took = TimeProvider.System.GetElapsedTime(began);
        var grown = Processes.ResidentBytes(service.ProcessId) - early;
        run.Check(grown <= MostGrowth, $"between the first fifth of the requests and the last one the service took {grown >> 20} MiB more");
        await witness.FinishAsync(cancellationToken);
        run.Injected = (int)answered;
        run.Floor("requests that came to an end", answered, count);
        run.Floor("refusals", statuses[4], count / 10);
        run.Floor("successes among them", statuses[2], count / 400);
        run.Floor("acknowledgements of healthy uploads", witness.Acks, 50);
        run.Figures.Add($"{statuses[2]} answers 2xx, {statuses[3]} 3xx, {statuses[4]} 4xx, {statuses[5]} 503 or 505, {statuses[0]} "
            + $"closed without one; {answered / took.TotalSeconds:0} requests a second; {grown >> 20} MiB more from the first fifth on");
        await service.FsckAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");

        void Attack(Random random)
        {
            var waiting = new Queue<byte[]>();
            Socket? socket = null;
            while (Volatile.Read(ref left) > 0 && !cancellationToken.IsCancellationRequested)
            {
                while (waiting.Count < AtOnce)
                    waiting.Enqueue(Mutate(random, seeds[random.Next(seeds.Length)]));
                socket ??= Connect();
                var (answers, open) = Exchange(socket, [.. waiting]);
                foreach (var status in answers)
                {
                    _ = Interlocked.Increment(ref statuses[Math.Clamp(status / 100, 0, 5)]);
                    if (status is >= 500 and not (503 or 505 or 507))
                        run.Violate($"{status} among the answers to {Convert.ToBase64String([.. waiting.SelectMany(bytes => bytes)])}");
                }

                // The request whose connection was closed without an answer counts as done.
                var done = Math.Max(1, Math.Min(answers.Count, waiting.Count));
                if (answers.Count == 0)
                    _ = Interlocked.Increment(ref statuses[0]);
                for (var index = 0; index < done; index++)
                    _ = waiting.Dequeue();
                // A request that swallowed others as its body has answered for them; they are sent again.
                var all = Interlocked.Add(ref answered, done);
                _ = Interlocked.Add(ref left, -done);
                if (all >= count / 5 && Interlocked.Read(ref early) == 0)
                    _ = Interlocked.CompareExchange(ref early, Processes.ResidentBytes(service.ProcessId), 0);
                if (!open)
                {
                    socket.Dispose();
                    socket = null;
                }
            }

            socket?.Dispose();
        }

        Socket Connect()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(service.Address.Host, service.Address.Port);
            return socket;
        }

        // The statuses received, and whether the connection can be reused.
        (List<int> Answers, bool Open) Exchange(Socket socket, byte[][] requests)
        {
            var answers = new List<int>();
            var buffer = new byte[16 << 10];
            var (carried, closed) = (0, false);
            try
            {
                foreach (var request in requests)
                    _ = socket.Send(request);
                while (answers.Count < requests.Length)
                {
                    if (!socket.Poll(closed ? (int)Patience.TotalMicroseconds : SilenceMicroseconds, SelectMode.SelectRead))
                    {
                        if (closed)
                        {
                            run.Violate($"no answer within {Patience.TotalSeconds} s for "
                                + $"{Convert.ToBase64String([.. requests.SelectMany(bytes => bytes)])}");
                            return (answers, false);
                        }

                        socket.Shutdown(SocketShutdown.Send);
                        closed = true;
                        continue;
                    }

                    var got = socket.Receive(buffer, carried, buffer.Length - carried, SocketFlags.None);
                    if (got == 0)
                        return (answers, false);
                    carried = Statuses(buffer, carried + got, answers);
                }
            }
            catch (SocketException)
            {
                return (answers, false);
            }

            // More answers than requests: one of the requests was parsed as several. The rest cannot be attributed.
            return (answers, !closed && answers.Count == requests.Length && carried == 0);
        }
    }

    /// <summary>Extracts the status lines of final answers. Returns how many bytes at the end may be the beginning of one.</summary>
    private static int Statuses(byte[] buffer, int length, List<int> into)
    {
        var rest = buffer.AsSpan(0, length);
        while (rest.IndexOf("HTTP/1.1 "u8) is >= 0 and var at)
        {
            if (rest.Length < at + 12)
                break;
            var digits = rest.Slice(at + 9, 3);
            var status = ((digits[0] - '0') * 100) + ((digits[1] - '0') * 10) + digits[2] - '0';
            if (status is >= 200 and < 600)
                into.Add(status);
            rest = rest[(at + 12)..];
        }

        // An incomplete status line has at most eleven bytes.
        var keep = Math.Min(rest.Length, 11);
        var tail = rest[^keep..];
        var begin = tail.LastIndexOf((byte)'H');
        if (begin < 0 || !(tail[begin..].StartsWith("HTTP/1.1 "u8) || "HTTP/1.1 "u8.StartsWith(tail[begin..])))
            return 0;
        keep = tail.Length - begin;
        tail[begin..].CopyTo(buffer);
        return keep;
    }

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        if (random.Next(20) == 0)
            return bytes;
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Length > 1; changes--)
        {
            var at = random.Next(bytes.Length);
            bytes = random.Next(6) switch
            {
                0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                1 => [.. bytes[..at], .. Encoding.Latin1.GetBytes(Tokens[random.Next(Tokens.Length)]), .. bytes[at..]],
                2 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 9))..]],
                3 => [.. bytes[..at], .. bytes[Math.Max(0, at - random.Next(1, 40))..]],
                4 => AfterColon(random, bytes),
                _ => bytes[..Math.Max(1, bytes.Length - random.Next(1, 30))],
            };
        }

        return bytes;
    }

    // Replaces the value of one of the headers.
    private static byte[] AfterColon(Random random, byte[] bytes)
    {
        var colons = Enumerable.Range(0, bytes.Length - 1).Where(index => bytes[index] == ':' && bytes[index + 1] == ' ').ToArray();
        if (colons.Length == 0)
            return bytes;
        var colon = colons[random.Next(colons.Length)];
        var end = Array.IndexOf(bytes, (byte)'\r', colon);
        var value = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Tokens[random.Next(Tokens.Length)]));
        return [.. bytes[..(colon + 2)], .. Encoding.Latin1.GetBytes(value), .. bytes[(end < 0 ? bytes.Length : end)..]];
    }

    private static byte[][] Seeds(string key, string upload, string session)
    {
        var head = Origin + key + "\r\n";
        string[] requests =
        [
            $"PUT /api/files/a.bin HTTP/1.1\r\n{head}Content-Length: 3\r\nContent-Type: text/plain\r\nContent-Digest: "
                + $"sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n\r\nabc",
            $"POST /files HTTP/1.1\r\n{head}Tus-Resumable: 1.0.0\r\nUpload-Length: 10\r\nUpload-Metadata: filename "
                + $"YS5iaW4=,is_confidential\r\nContent-Length: 0\r\n\r\n",
            $"POST /files HTTP/1.1\r\n{head}Tus-Resumable: 1.0.0\r\nUpload-Concat: final;{upload} {upload}\r\nContent-Length: 0\r\n\r\n",
            $"PATCH {upload} HTTP/1.1\r\n{head}Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nUpload-Checksum: sha1 "
                + $"qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 3\r\n\r\nabc",
            $"PATCH {upload} HTTP/1.1\r\n{head}Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: "
                + $"application/offset+octet-stream\r\nTransfer-Encoding: chunked\r\nTrailer: "
                    + $"Upload-Checksum\r\n\r\n3\r\nabc\r\n0\r\nUpload-Checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\r\n\r\n",
            $"HEAD {upload} HTTP/1.1\r\n{head}Tus-Resumable: 1.0.0\r\n\r\n",
            $"POST /uploads HTTP/1.1\r\n{head}Upload-Draft-Interop-Version: 8\r\nUpload-Complete: ?0\r\nUpload-Length: "
                + $"20\r\nContent-Disposition: attachment; filename*=UTF-8''a%20b\r\nRepr-Digest: sha-256=:AAAA:\r\nWant-Repr-Digest: "
                    + $"sha-256=5\r\nContent-Length: 3\r\n\r\nabc",
            $"POST /api/sessions HTTP/1.1\r\n{head}Content-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: "
                + $"62\r\n\r\n{{\"fileName\":\"a.bin\",\"size\":10,\"metadata\":{{\"a\":\"b\"}},\"sha256\":null}}",
            $"PUT /api/sessions/{session}/chunks/0 HTTP/1.1\r\n{head}X-Chunk-SHA256: "
                + $"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\r\nContent-Range: bytes "
                    + $"0-2/1000000\r\nContent-Length: 3\r\n\r\nabc",
            $"GET /api/sessions?limit=5&sort=createdAt&cursor=abc&state=open HTTP/1.1\r\n{head}Accept: */*\r\n\r\n",
            $"GET /api/files/{session}/content HTTP/1.1\r\n{head}Range: bytes=0-5,7-9\r\nIf-Range: \"x\"\r\nIf-None-Match: \"a\", "
                + $"W/\"b\"\r\n\r\n",
            $"POST /api/sessions/{session}/complete HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: "
                + $"11\r\n\r\n{{\"size\":10}}",
            $"OPTIONS /files HTTP/1.1\r\n{head}Origin: http://a.example\r\nAccess-Control-Request-Method: PATCH\r\n\r\n",
        ];
        return [.. requests.Select(Encoding.Latin1.GetBytes)];
    }
}

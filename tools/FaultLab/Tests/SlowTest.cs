using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Thousands of clients begin a request and then fall silent, within the body, before it, or within the head, beside healthy ones. Memory
/// must stay small, every silent client must be disconnected, and all its resources must be released.
/// </summary>
internal sealed class SlowTest : IFaultTest
{
    private const long MostMemory = 200L << 20;
    private const int SpareDescriptors = 80;

    // Shares in percent. A client that stalls within or before the body takes a descriptor for the connection and one for the file; one
    // that stalls within the head takes only the first. Ten thousand clients of this mix fit into the 20,000 files that a process often may
    // open.
    private const int BeforeBody = 25, WithinHead = 10;

    // They take two descriptors each, too.
    private const int HealthyClients = 20;
    private const int ServicesOwn = 700;
    private const int HealthyUploads = 200;
    private const int WarmAcks = 3000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // After the last client has connected: memory used for starting requests must be released by then.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Cutting = TimeSpan.FromSeconds(75);

    // Until the last client of a kind has been served as far as it gets.
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(2);

    public string Name => "slow";

    public string Number => "T12";

    public string Question => "Can stalled clients exhaust the service?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var clients = run.Count(ci: 2000, soak: 10_000);
        var (waiting, heads) = (clients * BeforeBody / 100, clients * WithinHead / 100);
        var files = (2 * (clients + HealthyClients)) - heads + ServicesOwn;
        var (code, _, error) = await Shell.TryAsync("prlimit", [$"--nofile={files}:{files}", "--", "true"], cancellationToken);
        if (code != 0)
            throw new LabException($"{clients} stalled clients need {files} open files (ulimit -Hn): {error.Trim()}");
        // No client may be disconnected before the memory is read.
        var silence = Settling + TimeSpan.FromSeconds(16 + (clients / 200));
        // The server limits the connections of each address, and gives each half of the files: this many clients use two addresses.
        var second = new Uri($"http://127.0.0.1:{FreePort()}");
        var service = new LabService(run, run.MakeFolder("data"))
        {
            Settings = { $"--Uploads:BodyIdleTimeout={silence.TotalSeconds}s", $"--Host:RequestHeadersTimeout={silence.TotalSeconds}s",
                $"--Host:Http1Urls={second.OriginalString}" },
            Wrapper = { "prlimit", $"--nofile={files}:{files}", "--" },
        };
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service, clients: 4, largest: 60_000);
        await witness.LoadAsync(cancellationToken);
        // The memory of a service that has done a little of everything is not the stalled clients'.
        await witness.AckedAsync(WarmAcks, cancellationToken);
        var (memory, descriptors) = (Processes.ResidentBytes(service.ProcessId), Processes.Descriptors(service.ProcessId));
        var request = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"PUT /api/files/slow.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.Key}\r\nContent-Length: 1000000\r\n\r\nx"));
        (string Kind, int Count, int Bytes)[] kinds = [("within the body", clients - waiting - heads, request.Length),
            ("before its first byte", waiting, request.Length - 1), ("within the head", heads, request.Length / 2)];
        var sockets = new List<Socket>();
        var before = descriptors;
        try
        {
            foreach (var (kind, count, bytes) in kinds)
            {
                for (var client = 0; client < count; client++)
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    sockets.Add(socket);
                    var address = client % 2 == 0 ? service.Address : second;
                    await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
                    _ = await socket.SendAsync(request.AsMemory(0, bytes), SocketFlags.None, cancellationToken);
                    run.Injected++;
                }

                await Task.Delay(Arrival, TimeProvider.System, cancellationToken);
                var now = Processes.Descriptors(service.ProcessId);
                run.Figures.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{count} stalled {kind}, {(now - before) / (double)count:0.0} descriptors each"));
                before = now;
            }

            var connected = run.Elapsed;
            var most = Grown();
            while (run.Elapsed - connected < Settling)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
                most = Math.Max(most, Grown());
            }

            var grown = Grown();
            run.Check(grown <= MostMemory, $"{clients} stalled clients took {grown >> 20} MiB");
            run.Figures.Add($"{clients} stalled clients take {grown >> 20} MiB, {grown / clients} bytes each; at most {most >> 20} MiB "
                + $"while they came");
            var from = 0;
            foreach (var (kind, count, _) in kinds)
            {
                run.Floor($"clients that are still stalled {kind} when the memory is read", sockets.Skip(from).Take(count)
                    .Count(socket => !socket.Poll(0, SelectMode.SelectRead)), count);
                from += count;
            }

            await witness.AckedAsync(100, cancellationToken);
            await HealthyAsync(run, service, cancellationToken);

            // Each is answered or disconnected; a readable socket has one or the other.
            var began = TimeProvider.System.GetTimestamp();
            var stalled = sockets.ToList();
            while (stalled.RemoveAll(socket => socket.Poll(0, SelectMode.SelectRead)) >= 0 && stalled.Count > 0)
            {
                if (TimeProvider.System.GetElapsedTime(began) > silence + Cutting)
                    throw new LabException($"{stalled.Count} stalled clients are still connected.");
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }
        finally
        {
            foreach (var socket in sockets)
                socket.Dispose();
        }

        await witness.FinishAsync(cancellationToken);
        await Task.Delay(5 * Pause, TimeProvider.System, cancellationToken);
        var left = Processes.Descriptors(service.ProcessId);
        run.Check(left <= descriptors + SpareDescriptors, $"{left} descriptors are open, {descriptors} were before");
        run.Floor("acknowledgements", witness.Acks, 200);
        await service.FsckAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");

        long Grown() => Processes.ResidentBytes(service.ProcessId) - memory;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Measures a small upload beside them; the permitted time depends on the machine.
    private static async Task HealthyAsync(LabRun run, LabService service, CancellationToken cancellationToken)
    {
        using var wire = new WitnessClient(service.Address, service.Key);
        var times = new List<double>();
        for (var upload = 0; upload < HealthyUploads; upload++)
        {
            using var body = new ByteArrayContent(new byte[20_000]);
            var began = TimeProvider.System.GetTimestamp();
            var answer = await wire.AskAsync(HttpMethod.Put, "/api/files/healthy.bin", body, cancellationToken);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            run.Check(answer?.Status == 201, $"a healthy upload beside them was answered with {answer}");
        }

        times.Sort();
        run.Figures.Add(string.Create(CultureInfo.InvariantCulture,
            $"a healthy upload beside them: median {times[times.Count / 2]:0} ms, of a hundred the slowest but one "
                + $"{times[times.Count * 99 / 100]:0} ms"));
    }
}

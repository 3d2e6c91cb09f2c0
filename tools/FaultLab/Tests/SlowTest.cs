using System.Globalization;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Thousands of clients that begin an upload and then say nothing more, beside healthy ones: memory stays small, every one of them is cut,
/// and all its resources come back.
/// </summary>
internal sealed class SlowTest : IFaultTest
{
    private const long MostMemory = 200L << 20;
    private const int SpareDescriptors = 80;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public string Name => "slow";

    public string Number => "T12";

    public string Question => "Can clients that stall use the service up?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var clients = run.Count(ci: 2000, soak: 10_000);
        var service = new LabService(run, run.MakeFolder("data")) { Settings = { "--Uploads:BodyIdleTimeout=15s" } };
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service, clients: 4, largest: 60_000);
        await witness.LoadAsync(cancellationToken);
        await witness.AckedAsync(100, cancellationToken);
        var (memory, descriptors) = (Processes.ResidentBytes(service.ProcessId), Processes.Descriptors(service.ProcessId));
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"PUT /api/files/slow.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.Key}\r\nContent-Length: 1000000\r\n\r\nx"));
        var sockets = new List<Socket>();
        try
        {
            for (var client = 0; client < clients; client++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(service.Address.Host, service.Address.Port, cancellationToken);
                _ = await socket.SendAsync(head.AsMemory(), SocketFlags.None, cancellationToken);
                run.Injected++;
            }

            await witness.AckedAsync(100, cancellationToken);
            var grown = Processes.ResidentBytes(service.ProcessId) - memory;
            run.Check(grown <= MostMemory, $"{clients} stalled clients took {grown >> 20} MiB");
            run.Figures.Add($"{clients} stalled clients take {grown >> 20} MiB");

            // Each is answered or cut; a socket that can be read has one or the other.
            var began = TimeProvider.System.GetTimestamp();
            var waiting = sockets.ToList();
            while (waiting.RemoveAll(socket => socket.Poll(0, SelectMode.SelectRead)) >= 0 && waiting.Count > 0)
            {
                if (TimeProvider.System.GetElapsedTime(began) > Patience)
                    throw new LabException($"{waiting.Count} stalled clients are still connected.");
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
    }
}

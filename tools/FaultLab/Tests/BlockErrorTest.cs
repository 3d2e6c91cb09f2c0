using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// A device fails every write and flush with an I/O error, like a broken disk. What was acknowledged before must be there when the disk is
/// back, nothing is acknowledged afterwards, and the service reports the failure within a second.
/// </summary>
internal sealed class BlockErrorTest : IFaultTest
{
    private const long DiskBytes = 64 << 20;

    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public string Name => "block";

    public string Number => "T4";

    public string Question => "Is an I/O error of the device ever answered with a success?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var faults = run.Count(ci: 3, soak: 50);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var disk = await RecordedDisk.CreateAsync(run, "device", DiskBytes, cancellationToken);
        var service = new LabService(run, Path.Combine(disk.Path, "data"))
        {
            Settings = { "--Storage:ReserveBytes=0", "--ConnectionStrings:Ledger=" + cluster.ConnectionString },
        };
        await service.StartAsync(cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);
        var witness = new WitnessHandle(run, service, clients: 4, largest: 40_000);
        await witness.LoadAsync(cancellationToken);
        while (run.Injected < faults)
        {
            await witness.AckedAsync(30, cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(run.Random.Next(100)), TimeProvider.System, cancellationToken);
            disk.Fails = true;
            run.Injected++;
            var began = TimeProvider.System.GetTimestamp();
            while ((await wire.AskAsync(
                HttpMethod.Put, "/api/files/probe.bin", new ByteArrayContent(new byte[10]), cancellationToken))?.Status is not 503)
            {
                if (TimeProvider.System.GetElapsedTime(began) > Notice)
                    throw new LabException("The device fails, and the service still takes writes.");
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }

            var ready = await wire.AskAsync(HttpMethod.Get, "/health/ready", null, cancellationToken);
            run.Check(ready?.Status == 503, $"with a failing device the service calls itself ready: {ready}");
            var live = await wire.AskAsync(HttpMethod.Get, "/health/live", null, cancellationToken);
            run.Check(live?.Status == 200, $"with a failing device the service does not live: {live}");

            // The file system has shut itself down. Mount it again, as an operator would, and restart the service.
            await service.KillAsync();
            await disk.UnmountAsync();
            disk.Fails = false;
            await disk.MountAsync(cancellationToken);
            await service.StartAsync(cancellationToken);
        }

        await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", witness.Acks, 30 * faults);
        run.Floor("failed requests of the device", disk.Failed, faults);
        await service.FsckAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        run.Figures.Add($"{disk.Failed} requests of the device failed");
    }
}

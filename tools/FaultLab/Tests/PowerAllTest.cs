using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Power loss at any moment, with files and PostgreSQL on one disk and all protocols, merging, joining and deleting. The service starts on
/// the disk as it would have been left, and everything acknowledged by then is compared with what it serves. At every third moment the
/// power fails again during the recovery.
/// </summary>
internal sealed class PowerAllTest : IFaultTest
{
    private const long DiskBytes = 224 << 20;

    public string Name => "power-all";

    public string Number => "T2";

    public string Question => "Does a loss of power of the whole machine lose anything?";

    // Takes minutes, mostly for creating the database on the recorded disk.
    public bool InCi => false;

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        using var fsck = new FsckProcess(run);
        var points = run.Count(ci: 5, soak: 1000);
        var disk = await RecordedDisk.CreateAsync(run, "machine", DiskBytes, cancellationToken);
        var service = new LabService(run, Path.Combine(disk.Path, "data")) { Settings = { "--Storage:ReserveBytes=0" } };
        await service.StartAsync(cancellationToken);
        var first = disk.Events.Count;
        using var witness = new WitnessHandle(run, service, clients: 4, mix: "session,session,tus,ietf,put,joined", largest: 40_000);
        await witness.LoadAsync(cancellationToken);
        await witness.AckedAsync(run.IsSoak ? 1500 : 400, cancellationToken);
        await witness.HoldAsync(cancellationToken);
        var events = disk.Events;
        await service.KillAsync();
        await service.KillDatabaseAsync();
        await disk.UnmountAsync();

        var journal = await File.ReadAllLinesAsync(witness.JournalFile, cancellationToken);
        var crashed = new CrashedDisk(run, disk.Base, events);
        var (compared, again) = (0, 0);
        foreach (var moment in PowerTest.Moments(run.Random, events, first, journal, points))
        {
            var acknowledged = JournalReader.AsOf(journal, events[moment].At);
            if (run.Injected % 3 == 2)
                await TwiceAsync(crashed.At(moment), acknowledged);
            else
                await crashed.ShowAsync(
                    moment, "crashed", folder => CompareAsync(Path.Combine(folder, "data"), acknowledged), cancellationToken);
            compared += acknowledged.Count;
            run.Injected++;
        }

        run.Acknowledged = witness.Acks;
        run.Floor("comparisons", compared, points * 5);
        run.Figures.Add($"{points} moments in {events.Count} writes and flushes, {compared} uploads compared; {again} times the power "
            + $"went again during the recovery");

        async Task TwiceAsync(byte[] left, IReadOnlyList<Sent> acknowledged)
        {
            var recovering = await RecordedDisk.OfAsync(run, $"recovering-{again++}", left, cancellationToken);
            var revived =
                new LabService(run, Path.Combine(recovering.Path, "data")) { IsBrief = true, Settings = { "--Storage:ReserveBytes=0" } };
            revived.Launch();
            // Anywhere between the first write and a moment after the service is ready.
            await revived.ReadyAsync(cancellationToken);
            await revived.KillAsync();
            await revived.KillDatabaseAsync();
            var recovery = recovering.Events;
            await recovering.UnmountAsync();
            run.Floor("writes and flushes of a recovery", recovery.Count, 5);
            await new CrashedDisk(run, recovering.Base, recovery).ShowAsync(
                run.Random.Next(recovery.Count), "crashed-again", folder => CompareAsync(Path.Combine(folder, "data"), acknowledged),
                    cancellationToken);
        }

        async Task CompareAsync(string data, IReadOnlyList<Sent> acknowledged)
        {
            var revived = new LabService(run, data) { IsBrief = true, Settings = { "--Storage:ReserveBytes=0" } };
            try
            {
                await revived.StartAsync(cancellationToken);
                await Comparison.RunAsync(run, revived, acknowledged, cancellationToken);
                await fsck.LookAsync(data, cancellationToken);
            }
            finally
            {
                await revived.KillAsync();
                await revived.KillDatabaseAsync();
            }
        }
    }
}

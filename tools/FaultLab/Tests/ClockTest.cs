using System.Globalization;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// The clocks of the service and of PostgreSQL jump by seconds to years, forwards and backwards, independently, while clients upload and
/// the purge runs, and the service's clock also while it opens connections. Nothing may be purged early, nothing lost, and no client
/// refused.
/// </summary>
internal sealed class ClockTest : IFaultTest
{
    private const long TenYears = 3650 * 86_400;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);
    private static readonly long[] Opening = [TenYears, 0, -TenYears, 0];
    private static readonly long[] Leaps = [1, 60, 3600, 86_400, 3 * 86_400, 30 * 86_400, 365 * 86_400, TenYears];

    public string Name => "clock";

    public string Number => "T7";

    public string Question => "Does a clock that jumps purge or lose anything?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var leaps = Math.Max(run.Count(ci: 12, soak: 500), Opening.Length);
        var (ours, theirs) = (run.Place("clock"), run.Place("clock-of-postgres"));
        Set(ours, 0);
        Set(theirs, 0);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken, Fake(theirs));
        var proxy = new LinkProxy(run, cluster.Port);
        var database = 0;
        var service = new LabService(
            run, run.MakeFolder("data"))
        { Settings = { "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(proxy.Port) } };
        foreach (var (name, value) in Fake(ours))
            service.Environment[name] = value;
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service, mix: "session,session,tus,ietf,put,joined,check,purge,purge");
        await witness.LoadAsync(cancellationToken);
        while (run.Injected < leaps - Opening.Length)
        {
            var leapsDatabase = run.Random.Next(2) == 0;
            Set(leapsDatabase ? theirs : ours, Leaps[run.Random.Next(Leaps.Length)] * (run.Random.Next(2) == 0 ? 1 : -1));
            database += leapsDatabase ? 1 : 0;
            run.Injected++;
            await witness.AckedAsync(15, cancellationToken);
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            if (run.Random.Next(6) == 0)
            {
                await service.KillAsync();
                await service.StartAsync(cancellationToken);
            }
        }

        foreach (var leap in Opening)
        {
            cluster.SignalAll(Processes.Stop);
            proxy.CutAll();
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            Set(ours, leap);
            run.Injected++;
            cluster.SignalAll(Processes.Continue);
            await witness.AckedAsync(15, cancellationToken);
        }

        await witness.FinishAsync(cancellationToken);
        Set(ours, 0);
        Set(theirs, 0);
        // The sweep after a start may be due at a time that the clock has left again. Run by hand, it removes everything that the killed
        // incarnations left.
        await service.KillAsync();
        await service.StartAsync(cancellationToken);
        await witness.CheckAsync(cancellationToken);
        await service.RunJobAsync("sweep-orphans", cancellationToken);
        run.Floor("acknowledgements", witness.Acks, 15 * leaps);
        run.Figures.Add($"{leaps - database} leaps of the service's clock, {Opening.Length} of them while it opens connections, "
            + $"{database} of PostgreSQL's");
        await service.FsckAsync(cancellationToken);
    }

    private static Dictionary<string, string> Fake(string file) => new()
    {
        ["LD_PRELOAD"] = Directory.GetDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1"))
            .First(File.Exists),
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_DONT_RESET"] = "1",
        // Otherwise blocking waits with a limit end at once.
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
    };

    // In one write, because a reader in between would see an additional jump.
    private static void Set(string file, long seconds) =>
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0;+0}s\n"));
}

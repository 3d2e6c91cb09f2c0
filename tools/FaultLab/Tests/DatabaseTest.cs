using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// PostgreSQL is killed, frozen and restarted. Its connections are terminated and cut, also after a statement was executed and before its
/// reply, or half of it, came back. The service answers 503 and never 500, records nothing twice, loses nothing, and uploads continue
/// within seconds after the database is back.
/// </summary>
internal sealed class DatabaseTest : IFaultTest
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(1);

    public string Name => "database";

    public string Number => "T6";

    public string Question => "Does a fault of PostgreSQL lose anything, or appear as an internal error of the service?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var faults = run.Count(ci: 12, soak: 600);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var proxy = new LinkProxy(run, cluster.Port);
        var service = new LabService(
            run, run.MakeFolder("data"))
        { Settings = { "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(proxy.Port) } };
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service);
        await witness.LoadAsync(cancellationToken);
        var slowest = TimeSpan.Zero;
        for (var fault = 0; fault < faults; fault++)
        {
            await witness.AckedAsync(20, cancellationToken);
            switch (fault % 12)
            {
                case 0:
                    await cluster.KillAsync();
                    await Task.Delay(Away, TimeProvider.System, cancellationToken);
                    await cluster.StartAsync(cancellationToken);
                    break;
                case 1:
                    cluster.SignalAll(Processes.Stop);
                    await Task.Delay(run.IsSoak ? TimeSpan.FromSeconds(30) : 3 * Away, TimeProvider.System, cancellationToken);
                    cluster.SignalAll(Processes.Continue);
                    break;
                case 2:
                    await cluster.StopAsync(cancellationToken);
                    await Task.Delay(fault % 24 == 2 ? 7 * Away : Away, TimeProvider.System, cancellationToken);
                    await cluster.StartAsync(cancellationToken);
                    break;
                case 3 or 4:
                    await cluster.TerminateBackendsAsync(cancellationToken);
                    break;
                case 5 or 6:
                    proxy.CutAll();
                    break;
                default:
                    proxy.LoseReplyAfter(run.Random.Next(40), half: fault % 2 == 0);
                    break;
            }

            run.Injected++;
            var began = TimeProvider.System.GetTimestamp();
            await witness.AckedAsync(5, cancellationToken);
            var took = TimeProvider.System.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
            run.Check(took <= Recovery, $"uploads continued only {took.TotalSeconds:0.0} s after fault {fault}");
        }

        await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", witness.Acks, 20 * faults);
        run.Floor("lost replies", proxy.Lost, faults / 6);
        await service.FsckAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        run.Figures.Add($"{proxy.Lost} lost replies, slowest recovery {slowest.TotalSeconds:0.0} s");
    }
}

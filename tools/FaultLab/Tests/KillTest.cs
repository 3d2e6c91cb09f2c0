using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// SIGKILL at any moment while clients use all protocols; every third kill while the service is still starting after the previous one,
/// every fourth together with the database.
/// </summary>
internal sealed class KillTest : IFaultTest
{
    private const int LeastAcks = 50;
    private const int LongestDelay = 300;
    private const int LongestStart = 1500;

    public string Name => "kill";

    public string Number => "T1";

    public string Question => "Does kill -9 lose anything that was acknowledged?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var kills = run.Count(ci: 12, soak: 2000);
        var service = new LabService(run, run.MakeFolder("data"));
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service);
        await witness.LoadAsync(cancellationToken);
        while (run.Injected < kills)
        {
            await witness.AckedAsync(LeastAcks, cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(run.Random.Next(LongestDelay)), TimeProvider.System, cancellationToken);
            await KillAsync();
            if (run.Injected % 3 == 0)
            {
                service.Launch();
                await Task.Delay(TimeSpan.FromMilliseconds(run.Random.Next(LongestStart)), TimeProvider.System, cancellationToken);
                await KillAsync();
            }

            await service.StartAsync(cancellationToken);
            if (run.Injected % 100 == 0)
                run.Tell($"{run.Injected} kills, {witness.Acks} acknowledgements");
        }

        await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", witness.Acks, LeastAcks * kills / 2);
        // The scheduler runs the sweep after a start, on a busy machine some seconds later.
        await service.RunJobAsync("sweep-orphans", cancellationToken);
        await service.FsckAsync(cancellationToken);
        // In the next incarnation no file of an earlier one is without a row.
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        await service.StartAsync(cancellationToken);
        await witness.CheckAsync(cancellationToken);
        await service.FsckAsync(cancellationToken);
        run.Figures.Add($"longest start {service.LongestStart.TotalSeconds:0.0} s");
        run.Figures.Add($"{witness.Uploads} uploads compared");

        async Task KillAsync()
        {
            await service.KillAsync();
            run.Injected++;
            if (run.Injected % 4 == 0)
                await service.KillDatabaseAsync();
        }
    }
}

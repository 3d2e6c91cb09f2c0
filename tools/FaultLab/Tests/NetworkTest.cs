using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// All clients connect through a proxy that breaks connections at any byte, by a reset, an orderly close or silence, on either side.
/// </summary>
internal sealed class NetworkTest : IFaultTest
{
    private static readonly Ending[] Endings = [Ending.Reset, Ending.End, Ending.Reset, Ending.Silence];

    public string Name => "network";

    public string Number => "T8";

    public string Question => "Does a connection that breaks anywhere lose or mix anything?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var cuts = run.Count(ci: 120, soak: 10_000);
        var service = new LabService(run, run.MakeFolder("data")) { Settings = { "--Uploads:BodyIdleTimeout=3s" } };
        await service.StartAsync(cancellationToken);
        await using var proxy = new CutProxy(service.Address);
        var witness = new WitnessHandle(run, service, breakPercent: 0, address: proxy.Address);
        await witness.LoadAsync(cancellationToken);
        while (proxy.Broken < cuts)
        {
            // The client's side gets a reset or a close; it would only wait out silence.
            (proxy.ToClient, proxy.ToService) = (Endings[run.Random.Next(2)], Endings[run.Random.Next(Endings.Length)]);
            proxy.CutAfter(run.Random.Next(400_000));
            await witness.AckedAsync(4, cancellationToken);
        }

        run.Injected = proxy.Broken;
        await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", witness.Acks, 4 * cuts);
        await service.FsckAsync(cancellationToken);
        run.Figures.Add($"{proxy.Passed >> 20} MiB through the proxy");
    }
}

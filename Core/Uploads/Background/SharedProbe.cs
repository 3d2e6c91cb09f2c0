using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>After bytes could not be stored in the shared store, tries every few seconds whether it takes bytes again.</summary>
internal sealed class SharedProbe(SharedReception reception, Incarnation incarnation, TimeProvider time, ILogger<SharedProbe> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    public override int Order => StartOrder.Background;

    public override string Name => "probe of the bucket";

    public override Task StartAsync(CancellationToken cancellationToken) =>
        reception.IsOn ? base.StartAsync(cancellationToken) : Task.CompletedTask;

    protected override Task TickAsync(CancellationToken cancellationToken) => reception.ProbeAsync(incarnation.Id, cancellationToken);
}

using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Storage.Nodes;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>What one engine knows about another one on the same ledger: its data directory, and a way to send requests.</summary>
internal sealed class OtherRig : IOtherNode, IDisposable
{
    private readonly EngineRig _rig;
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly NodeFolder _folder;

    public OtherRig(EngineRig rig, EngineRig reader)
    {
        _rig = rig;
        Incarnation = rig.Incarnation;
        var disk = new DiskStore(
            rig.Folder, Calls, new StorageOptions(), reader.Time, ActivatorUtilities.CreateInstance<DiskMetrics>(_metrics),
            NullLogger<DiskStore>.Instance);
        _folder = new NodeFolder(disk, rig.Store.Id, reader.Time, NullLogger<DiskChunkStore>.Instance);
    }

    public long Incarnation { get; }

    public IReadableStore Store => _folder.Store;

    /// <summary>The reader's calls on the other one's data directory.</summary>
    public FaultySyscalls Calls { get; } = new();

    public ConcurrentQueue<StopRequest> Asked { get; } = [];

    /// <summary>The next requests get no answer.</summary>
    public bool IsDeaf { get; set; }

    public async Task<StopAnswer> StopAsync(StopRequest request, CancellationToken cancellationToken)
    {
        Asked.Enqueue(request);
        if (IsDeaf)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        return await _rig.Get<StopAnswers>().AnswerAsync(request, cancellationToken);
    }

    /// <summary>Completes when this number of requests has come.</summary>
    public Task WhenAskedAsync(int count) => Eventually.HoldsAsync(() => Asked.Count >= count);

    /// <summary>Makes the other node refuse to serve its files.</summary>
    public void Silence() => Calls.Fail(nameof(ISyscalls.OpenAt), Errno.InputOutput);

    public void Speak() => Calls.Answer = null;

    public void Dispose()
    {
        _folder.Dispose();
        _metrics.Dispose();
    }
}

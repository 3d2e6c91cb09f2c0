using System.Reflection;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Connectors.Web;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>Files of the web whose size is not known before.</summary>
public sealed class WebKeeperTests
{
    [Theory]
    [InlineData(1_000_000, true)]
    [InlineData(1_000_001, false)]
    public async Task It_keeps_half_of_the_room_at_most_and_has_a_pace(int size, bool fits)
    {
        using var folder = new TempFolder();
        var store = DispatchProxy.Create<IChunkStore, Room>();
        var keeper = new WebKeeper(Options.Create(new DataOptions { Directory = folder.Path }), store);
        using var answer = new HttpResponseMessage { Content = new StreamContent(new MemoryStream(TransferRig.Bytes(1, size))) };
        using var reading = new WebReading(answer, "example.org");
        var passed = 0;
        var kept = await keeper.KeepAsync(
            reading,
            bytes =>
            {
                passed += bytes;
                return ValueTask.CompletedTask;
            },
            default);
        using var file = kept.Value;
        Assert.Equal(fits, kept.Ok);
        Assert.Equal(fits ? null : FaultKind.Refused, kept.Fault?.Kind);
        Assert.Equal(fits ? size : null, file?.Length);
        Assert.InRange(passed, 1, 1_000_000);
        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    /// <summary>A store with two million bytes of room above its reserve.</summary>
    public class Room : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_Health" => new StoreHealth(3_000_000, 9_000_000, 1_000_000, null),
            nameof(IChunkStore.HasRoomFor) => true,
            _ => throw new NotSupportedException(),
        };
    }
}

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
    [InlineData(1_000_000, null, true, null)]
    [InlineData(1_000_001, null, false, FaultKind.Refused)]
    [InlineData(1000, 1000, true, null)]
    [InlineData(1001, 1000, false, FaultKind.Full)]
    public async Task It_keeps_half_of_the_room_at_most_and_no_more_than_the_quota(int size, int? room, bool fits, FaultKind? fault)
    {
        using var folder = new TempFolder();
        var store = DispatchProxy.Create<IChunkStore, Room>();
        var keeper = new WebKeeper(Options.Create(new DataOptions { Directory = folder.Path }), store);
        using var answer = new HttpResponseMessage { Content = new StreamContent(new MemoryStream(TransferRig.Bytes(1, size))) };
        using var reading = new WebReading(answer, "example.org");
        var passed = 0;
        var kept = await keeper.KeepAsync(
            reading,
            room,
            bytes =>
            {
                passed += bytes;
                return ValueTask.CompletedTask;
            },
            default);
        using var file = kept.Value;
        Assert.Equal(fits, kept.Ok);
        Assert.Equal(fault, kept.Fault?.Kind);
        Assert.Equal(fits ? size : null, file?.Length);
        Assert.InRange(passed, fits ? 1 : 0, 1_000_000);
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

using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>A trouble that passes, here the service going down: URLSession goes on after a cut and gives up after an answer (R61).</summary>
[Collection(PostgresCollection.Name)]
public sealed class TroubleTests(PostgresFixture postgres)
{
    private static readonly byte[] Content = Bytes(300_000, seed: 9);

    [Fact]
    public async Task A_client_of_the_draft_is_cut_after_what_came_is_kept()
    {
        await using var service = await TestService.StartAsync(postgres, Settings);
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync("POST /uploads", "Upload-Draft-Interop-Version: 6", "Upload-Complete: ?1", $"Content-Length: {Content.Length}");
        var path = (await wire.NextAsync()).Path;
        await wire.SendAsync(Content.AsMemory(0, Checkpoint));
        await wire.DurableAsync(Checkpoint);
        var stopping = service.StopAsync();
        Assert.Equal(0, (await wire.AnswerOrCutAsync()).Status);
        await stopping;

        await using var again = await service.RestartAsync();
        Assert.Equal(Checkpoint, (await UploadWire.SendAsync(again, $"HEAD {path}", null, "Upload-Draft-Interop-Version: 6")).Final.Offset);
    }

    [Fact]
    public async Task Where_cutting_is_off_it_is_answered()
    {
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string>(Settings) { ["Resumable:CutOnTrouble"] = "false" });
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync("POST /uploads", "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?1", $"Content-Length: {Content.Length}");
        Assert.Equal(104, (await wire.NextAsync()).Status);
        await wire.SendAsync(Content.AsMemory(0, Checkpoint));
        await wire.DurableAsync(Checkpoint);
        var stopping = service.StopAsync();
        var answer = await wire.AnswerOrCutAsync();
        Assert.Equal((503, "?0", Checkpoint), (answer.Status, answer["Upload-Complete"], answer.Offset));
        wire.Dispose();
        await stopping;
    }
}

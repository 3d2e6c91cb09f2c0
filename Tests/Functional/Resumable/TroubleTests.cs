using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>
/// A temporary failure, here a stopping service: URLSession continues after a broken connection and gives up after an answer (R61). And
/// clients that got no interim response: they learn the address from the answer (R56).
/// </summary>
public sealed class TroubleTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly byte[] Content = Bytes(300_000, seed: 9);

    [Fact]
    public async Task A_client_of_the_draft_is_cut_after_the_received_bytes_are_kept()
    {
        await using var service = await TestService.StartAsync(postgres, Settings);
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync(
            "POST /uploads", "Upload-Draft-Interop-Version: 6", "Upload-Complete: ?1", $"Content-Length: {Content.Length}");
        var path = (await wire.NextAsync()).Path;
        await wire.SendAsync(Content.AsMemory(0, Checkpoint));
        await wire.DurableAsync(Checkpoint);
        var stopping = service.StopAsync();
        Assert.Equal(0, (await wire.AnswerOrCutAsync()).Status);
        await stopping;

        await using var again = await service.RestartAsync();
        Assert.Equal(Checkpoint, (await UploadWire.SendAsync(again, $"HEAD {path}", null, "Upload-Draft-Interop-Version: 6")).Final.Offset);
    }

    [Theory]
    [InlineData(9, "1.1", "Via: 1.1 proxy")]
    [InlineData(5, "1.1", "X-Forwarded-For: 192.0.2.1")]
    [InlineData(3, "1.1", "Via: 1.1 proxy")]
    [InlineData(8, "1.0", "X-Nothing: 1")]
    [InlineData(null, "1.1", "X-Nothing: 1")]
    public async Task Silent_client_without_the_address_gets_it_and_continues(int? version, string http, string field)
    {
        await using var service =
            await TestService.StartAsync(postgres, new Dictionary<string, string>(Settings) { ["Uploads:BodyIdleTimeout"] = "300ms" });
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync("POST /uploads", http, [.. Version(version), State(version, complete: true), field, "Content-Length: 11"]);
        await wire.SendAsync(Hello);
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((408, "idle_timeout", 5L), (answer.Status, answer["X-Error-Code"], answer.Offset));
        Assert.Contains($"\r\n{State(version, complete: false)}\r\n", answer.Head, StringComparison.Ordinal);
        Assert.Equal(version is { } number ? $"{number}" : null, answer["Upload-Draft-Interop-Version"]);
        Assert.NotNull(answer["Upload-Limit"]);

        Assert.Equal(5, (await UploadWire.SendAsync(service, $"HEAD {answer.Path}", null, Version(version))).Final.Offset);
        var last = await UploadWire.SendAsync(
            service, $"PATCH {answer.Path}", World, [.. Version(version), "Upload-Offset: 5", State(version, complete: true), Partial]);
        Assert.Equal((201, 11L), (last.Final.Status, last.Final.Offset));
    }

    [Fact]
    public async Task A_stop_sends_the_address_to_clients_without_it()
    {
        await using var service = await TestService.StartAsync(postgres, Settings);
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync("POST /uploads", "Upload-Complete: ?1", $"Content-Length: {Content.Length}");
        await wire.SendAsync(Content.AsMemory(0, Checkpoint));
        var ledger = service.Services.GetRequiredService<IUploadLedger>();
        while ((await ledger.ListAsync(new UploadQuery(Caller.Operator) { Limit = 10 }, CancellationToken.None))
            .Items.All(upload => upload.ReceivedBytes < Checkpoint))
            await Task.Yield();
        var stopping = service.StopAsync();
        var answer = await wire.AnswerOrCutAsync();
        Assert.Equal((503, "?0", Checkpoint), (answer.Status, answer["Upload-Complete"], answer.Offset));
        wire.Dispose();
        await stopping;

        await using var again = await service.RestartAsync();
        var last = await UploadWire.SendAsync(
            again, $"PATCH {answer.Path}", Content[Checkpoint..], $"Upload-Offset: {Checkpoint}", "Upload-Complete: ?1", Partial);
        Assert.Equal((201, Content.Length), (last.Final.Status, last.Final.Offset));
    }
}

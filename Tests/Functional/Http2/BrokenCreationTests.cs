using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Http2;

/// <summary>
/// A creation whose stream is reset before its body ends (T102, R56). No interim response has sent its address, and the client is gone: a
/// tus upload stays until it expires, an IETF upload ends, and the connection stays usable.
/// </summary>
public sealed class BrokenCreationTests(Http2Tests.Listeners fixture) : IClassFixture<Http2Tests.Listeners>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_that_no_client_can_continue_expires_as_its_protocol_says(bool tus)
    {
        using var connection = await RawHttp2.OpenAsync(fixture.Plain, fixture.Tus.Service.Key);
        var written = fixture.Tus.Hooks.WrittenAsync(5);
        var settled = fixture.Tus.Hooks.HoldAfter(
            tus ? nameof(IUploadLedger.RecordFailureAsync) : nameof(IUploadLedger.EndAsync));
        var stream = await BeginAsync(connection, tus);
        await connection.DataAsync(stream, "hello"u8.ToArray(), ends: false);
        await written;
        await connection.ResetAsync(stream);
        await settled.Reached;
        settled.Open();

        var protocol = tus ? UploadProtocol.Tus : UploadProtocol.Ietf;
        var listed = await fixture.Tus.Ledger.ListAsync(new UploadQuery(Caller.Operator) { Limit = 10 }, CancellationToken.None);
        var upload = Assert.Single(listed.Items, upload => upload.Protocol == protocol);
        Assert.Equal(tus ? (UploadState.Open, 5L) : (UploadState.Cancelled, 5L), (upload.State, upload.ReceivedBytes));

        var next = await connection.RequestAsync("OPTIONS", tus ? "/files" : "/uploads", ends: true);
        Assert.Equal(200, (await connection.AnswerAsync(next)).Status);
    }

    [Theory]
    [InlineData(true, 201)]
    [InlineData(false, 408)]
    public async Task Silent_client_is_told_the_address(bool tus, int status)
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        using var certificate = new TestCertificate();
        await using var service = await TusService.StartAsync(
            postgres, [("Host:Urls", "https://127.0.0.1:0"), ("Host:Http2Urls", "http://127.0.0.1:0"), ("Uploads:BodyIdleTimeout", "300ms"),
                .. certificate.Settings]);
        var plain = new Uri(service.Service.Addresses.Single(url => url.StartsWith("http:", StringComparison.Ordinal)));
        using var connection = await RawHttp2.OpenAsync(plain, service.Service.Key);
        var stream = await BeginAsync(connection, tus);
        await connection.DataAsync(stream, "hello"u8.ToArray(), ends: false);
        var answer = await connection.AnswerAsync(stream);
        Assert.Equal((status, "5"), (answer.Status, answer["upload-offset"]));
        Assert.Equal(5, (await service.UploadAsync(new Uri(answer["location"]!).AbsolutePath)).ReceivedBytes);
    }

    private static Task<int> BeginAsync(RawHttp2 connection, bool tus) => tus
        ? connection.RequestAsync(
            "POST", "/files", ends: false, ("tus-resumable", "1.0.0"), ("upload-length", "11"), ("content-type", TusClient.OffsetType))
        : connection.RequestAsync("POST", "/uploads", ends: false, ("upload-draft-interop-version", "9"), ("upload-complete", "?1"));
}

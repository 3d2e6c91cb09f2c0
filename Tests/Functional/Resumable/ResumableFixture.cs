using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>
/// A service shared by the tests of a class. It sends interim offsets as often as possible, so that tests can wait for them.
/// </summary>
public sealed class ResumableFixture : IAsyncLifetime
{
    /// <summary>The number of bytes between checkpoints.</summary>
    public const int Checkpoint = 65536;

    public const string Partial = "Content-Type: application/partial-upload";

    public static byte[] Hello { get; } = Encoding.ASCII.GetBytes("hello");

    public static byte[] World { get; } = Encoding.ASCII.GetBytes(" world");

    public static byte[] HelloWorld { get; } = [.. Hello, .. World];

    internal TestService Service { get; private set; } = null!;

    public PostgresFixture Postgres { get; } = new();

    internal static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Uploads:CheckpointBytes"] = "64KiB",
        ["Resumable:ProgressInterval"] = "0s",
    };

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The header line of a version; none for a request without a version.</summary>
    public static string[] Version(int? version) => version is { } number ? [$"Upload-Draft-Interop-Version: {number}"] : [];

    /// <summary>The header line that says whether a request is the last, in the form of the version.</summary>
    public static string State(int? version, bool complete) =>
        version == 3 ? $"Upload-Incomplete: {(complete ? "?0" : "?1")}" : $"Upload-Complete: {(complete ? "?1" : "?0")}";

    internal Task<WireExchange> SendAsync(string line, byte[]? body, params string[] headers) =>
        UploadWire.SendAsync(Service, line, body, headers);

    internal Task<WireExchange> SendAsync(int? version, string line, byte[]? body, params string[] headers) =>
        UploadWire.SendAsync(Service, line, body, [.. Version(version), .. headers]);

    /// <summary>Begins an upload without bytes and returns its path.</summary>
    internal async Task<string> BeginAsync(int? version, long? length = null, params string[] headers)
    {
        string[] said = length is { } number ? [$"Upload-Length: {number}"] : [];
        var answer = await SendAsync(version, "POST /uploads", [], [State(version, complete: false), .. said, .. headers]);
        Assert.Equal(201, answer.Final.Status);
        return answer.Final.Path;
    }

    internal Task<WireExchange> PatchAsync(int? version, string path, long offset, bool complete, byte[] body, params string[] headers) =>
        SendAsync(version, $"PATCH {path}", body, [$"Upload-Offset: {offset}", State(version, complete), Partial, .. headers]);

    /// <summary>The status of an append that is not the last and may be interrupted; then 0.</summary>
    internal async Task<int> SafePatchAsync(string path, long offset, byte[] body)
    {
        using var wire = await UploadWire.OpenAsync(Service);
        await wire.HeadAsync($"PATCH {path}", "Upload-Draft-Interop-Version: 9", $"Upload-Offset: {offset}", "Upload-Complete: ?0", Partial,
            $"Content-Length: {body.Length}");
        try
        {
            await wire.SendAsync(body);
        }
        catch (IOException)
        {
            return 0;
        }

        return (await wire.AnswerOrCutAsync()).Status;
    }

    internal async Task<WireAnswer> HeadAsync(int? version, string path) => (await SendAsync(version, $"HEAD {path}", null)).Final;

    /// <summary>Returns when this number of bytes is durable; asks the ledger, for requests without interim responses.</summary>
    internal async Task DurableAsync(string path, long bytes)
    {
        while ((await UploadAsync(path)).ReceivedBytes < bytes)
            await Task.Yield();
    }

    /// <summary>The upload as the ledger has it.</summary>
    internal async Task<Upload> UploadAsync(string path)
    {
        Assert.True(UploadId.TryParse(path.Split('/')[^1], out var id));
        return (await Service.Services.GetRequiredService<IUploadLedger>().FindAsync(Caller.Operator, id, CancellationToken.None))!;
    }

    internal async Task<byte[]> ContentAsync(string path)
    {
        using var answer = await Service.Client.GetAsync(new Uri($"/api/files/{path.Split('/')[^1]}/content", UriKind.Relative));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsByteArrayAsync();
    }

    internal async Task<int> CountAsync() =>
        (await Service.Services.GetRequiredService<UploadCatalog>().ListAsync(
            new UploadQuery(Caller.Operator) { Limit = 1000, WithParts = true }, CancellationToken.None)).Items.Count;

    public async Task InitializeAsync()
    {
        await Postgres.InitializeAsync();
        Service = await TestService.StartAsync(Postgres, Settings);
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>A service that has its uploads checked, and the ways to send it a file and to ask for it.</summary>
internal sealed class CheckedService(TestService service) : IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

    /// <summary>The ways in which a file can be uploaded.</summary>
    public static readonly string[] Ways = ["put", "large put", "tree", "tus", "small tus", "joined", "ietf", "session"];

    public TestService Service { get; private set; } = service;

    public HttpClient Client => Service.Client;

    public static async Task<CheckedService> StartAsync(PostgresFixture postgres, params (string Key, string Value)[] settings) =>
        new(await TestService.StartAsync(postgres, settings.ToDictionary()));

    public static (string, string)[] Asking(HookReceiver receiver, params (string Key, string Value)[] more) =>
        [("Check:Url", receiver.Url), ("Check:Secret", Secret), ("Check:FirstPause", "00:00:00.100"), .. more];

    public async Task RestartAsync(params (string Key, string Value)[] settings) =>
        Service = await Service.RestartAsync(settings.ToDictionary());

    public ValueTask DisposeAsync() => Service.DisposeAsync();

    /// <summary>Sends a file in one of the ways and returns its id.</summary>
    public async Task<string> SendAsync(string way, byte[] bytes, int answered)
    {
        var tus = new TusClient(Client);
        switch (way)
        {
            case "put" or "large put" or "tree":
                using (var answer = await Client.PutAsync(
                    way == "tree" ? "/api/tree/folder/file.bin?parents=true" : "/api/files/file.bin", new ByteArrayContent(bytes)))
                {
                    var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
                    Assert.True(answered == (int)answer.StatusCode, json.ToString());
                    return way == "tree" && answered == 201 ? json.GetProperty("fileId").GetString()! : json.GetProperty("id").GetString()!;
                }

            case "tus":
                var path = await tus.NewAsync(bytes.Length);
                Assert.Equal(204, (await tus.PatchAsync(path, 0, bytes[..10])).Status);
                Assert.Equal(204, (await tus.PatchAsync(path, 10, bytes[10..])).Status);
                return path.Split('/')[^1];
            case "small tus":
                var made = await tus.TusAsync(HttpMethod.Post, "/files", new ByteArrayContent(bytes),
                    ("Upload-Length", bytes.Length.ToString(CultureInfo.InvariantCulture)), ("Content-Type", TusClient.OffsetType));
                Assert.Equal((201, (long?)bytes.Length), (made.Status, made.Offset));
                return made.Id.ToString();
            case "joined":
                var first = await tus.UploadAsync(bytes[..20], ("Upload-Concat", "partial"));
                var second = await tus.UploadAsync(bytes[20..], ("Upload-Concat", "partial"));
                var joined = await tus.CreateAsync(("Upload-Concat", $"final;{first} {second}"));
                Assert.Equal(201, joined.Status);
                return joined.Id.ToString();
            case "ietf":
                using (var request = new HttpRequestMessage(HttpMethod.Post, "/uploads") { Content = new ByteArrayContent(bytes) })
                {
                    request.Headers.Add("Upload-Draft-Interop-Version", "8");
                    request.Headers.Add("Upload-Complete", "?1");
                    using var answer = await Client.SendAsync(request);
                    var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
                    Assert.True(answered == (int)answer.StatusCode, json.ToString());
                    return json.GetProperty("id").GetString()!;
                }

            default:
                return await SessionAsync(bytes, answered == 201 ? 200 : answered);
        }
    }

    public async Task<string> SessionAsync(byte[] bytes, int answered)
    {
        using var made = await Client.PostAsJsonAsync("/api/sessions", new { fileName = "file.bin", size = bytes.Length });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/0") { Content = new ByteArrayContent(bytes) };
        chunk.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(bytes));
        using var sent = await Client.SendAsync(chunk);
        Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync());
        using var complete = await Client.PostAsync($"/api/sessions/{id}/complete", null);
        Assert.True(answered == (int)complete.StatusCode, await complete.Content.ReadAsStringAsync());
        // A repetition changes nothing; the checker may have refused the file meanwhile.
        using var again = await Client.PostAsync($"/api/sessions/{id}/complete", null);
        Assert.True(
            again.IsSuccessStatusCode || await CodeAsync(again) == "refused_by_check", await again.Content.ReadAsStringAsync());
        return id;
    }

    public async Task<JsonElement> SessionOfAsync(string id) => await Client.GetFromJsonAsync<JsonElement>($"/api/sessions/{id}");

    public async Task<string> StateAsync(string id) => (await SessionOfAsync(id)).GetProperty("state").GetString()!;

    public Task BecomesAsync(string id, string state) => Eventually.HoldsAsync(async () => await StateAsync(id) == state);

    public async Task<(int Status, string? Code)> ContentAsync(string id) => await AskAsync($"/api/files/{id}/content");

    public async Task<(int Status, string? Code)> AskAsync(string path)
    {
        using var answer = await Client.GetAsync(path);
        return ((int)answer.StatusCode, await CodeAsync(answer));
    }

    public static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType is { MediaType: "application/problem+json" } type && type is MediaTypeHeaderValue
            ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()
            : null;

    public async Task<byte[]> DownloadAsync(string id) => await Client.GetByteArrayAsync($"/api/files/{id}/content");

    /// <summary>Checks that the counters equal the sums of the uploads, and that nothing waits for a verdict.</summary>
    public async Task CountersAreRightAsync()
    {
        await using var connection = new NpgsqlConnection(Service.ConnectionString);
        await connection.OpenAsync();
        _ = await connection.ExecuteAsync("set search_path to chunkupload, chunkupload_functions");
        Assert.Empty(await connection.QueryAsync("select * from usage_faults()"));
        Assert.Equal(
            await connection.ExecuteScalarAsync<long>("select count(*) from uploads where state = 'checking'"),
            await connection.ExecuteScalarAsync<long>("select count(*) from work where kind = 'check'"));
    }

    /// <summary>The bytes that the ledger counts for the tenant.</summary>
    public async Task<long> StoredAsync()
    {
        await using var connection = new NpgsqlConnection(Service.ConnectionString);
        await connection.OpenAsync();
        _ = await connection.ExecuteAsync("set search_path to chunkupload, chunkupload_functions");
        return await connection.ExecuteScalarAsync<long>(
            "select coalesce(sum(stored_bytes), 0)::bigint from usage_now where subject = ''");
    }
}

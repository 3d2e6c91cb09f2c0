using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Drive;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>A Drive emulator in this process and a client that follows no redirects.</summary>
internal sealed class DriveRig : IAsyncDisposable
{
    public const string Files = "/drive/v3/files";
    public const string Uploads = "/upload/drive/v3/files";
    public const string Ann = "ann@example.test";
    public const string Ben = "ben@example.test";

    private DriveRig(EmulatorHost emulator)
    {
        Emulator = emulator;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(emulator.Address) };
        As("ann");
    }

    public EmulatorHost Emulator { get; }

    public HttpClient Client { get; }

    public static async Task<DriveRig> StartAsync(EmulatorOptions? options = null) =>
        new(await EmulatorHost.StartAsync(new DriveEmulator(), options ?? new EmulatorOptions()));

    /// <summary>The first bytes of the published hash vectors.</summary>
    public static byte[] Data(int length) => new DigestGenerator().Bytes(0, length);

    public void As(string account) =>
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"tok-{account}");

    public async Task<JsonElement> GetAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative));
        return await ReadAsync(answer, status);
    }

    public async Task<JsonElement> SendAsync(string method, string path, object? body, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var answer = await Client.SendAsync(request);
        return await ReadAsync(answer, status);
    }

    /// <summary>Seeds items into the root of an account, and returns the id by path.</summary>
    public async Task<IReadOnlyDictionary<string, string>> SeedAsync(object body)
    {
        var made = JsonSerializer.SerializeToElement(await Emulator.SeedAsync(body));
        return made.GetProperty("ids").EnumerateObject().ToDictionary(each => each.Name, each => each.Value.GetString()!);
    }

    public async Task<string[]> NamesAsync(string q, string more = "")
    {
        var list = await GetAsync($"{Files}?q={Uri.EscapeDataString(q)}&fields=files(name){more}");
        return [.. list.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("name").GetString()!)];
    }

    public async Task<string> BeginAsync(object metadata, long? length, string method = "POST", string path = Uploads, string fields = "")
    {
        var query = $"?uploadType=resumable{(fields.Length > 0 ? "&fields=" + fields : "")}";
        using var request = new HttpRequestMessage(new HttpMethod(method), path + query) { Content = JsonContent.Create(metadata) };
        if (length is not null)
            request.Headers.Add("X-Upload-Content-Length", $"{length}");
        using var answer = await Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.Location!.ToString();
    }

    /// <summary>Sends a chunk, or asks with an empty one; returns the status, the Range header and the body.</summary>
    public static async Task<(int Status, string? Range, string Body)> PutAsync(
        string session, byte[] bytes, string contentRange, string method = "PUT")
    {
        // The address of the session is its credential.
        using var request = new HttpRequestMessage(new HttpMethod(method), session) { Content = new ByteArrayContent(bytes) };
        Assert.True(request.Content.Headers.TryAddWithoutValidation("Content-Range", contentRange));
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await client.SendAsync(request);
        return (
            (int)answer.StatusCode,
            answer.Headers.TryGetValues("Range", out var values) ? values.Single() : null,
            await answer.Content.ReadAsStringAsync());
    }

    public static string Reason(string body) => Reason(JsonDocument.Parse(body).RootElement);

    public static string Reason(JsonElement body) =>
        body.GetProperty("error").GetProperty("errors")[0].GetProperty("reason").GetString()!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Emulator.DisposeAsync();
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>A project in which Mara's device serves a file, and Ines asks for it.</summary>
internal sealed class AskRig(TestService service, DeviceRig mara, DeviceRig ines, Guid project)
{
    public const string Path = "/line-14/a.bin";

    public static readonly Guid Agent = Guid.NewGuid();

    public TestService Service => service;

    public DeviceRig Mara => mara;

    public DeviceRig Ines => ines;

    public Guid Project => project;

    public string Transfers => $"/api/projects/{project}/transfers";

    public static async Task<AskRig> StartAsync(TestService service, long size, string? approval = null)
    {
        var (mara, ines) = (await DeviceRig.StartAsync(service, "Mara"), await DeviceRig.StartAsync(service, "Ines"));
        var project = await mara.ProjectAsync("Skagen 2026");
        await mara.ServeAsync(project, "/line-14");
        var rig = new AskRig(service, mara, ines, project);
        await rig.JoinAsync(ines);
        await mara.TellAsync(project, [Upsert(Path, size)]);
        if (approval is not null)
            await rig.RuleAsync(new { approval });
        return rig;
    }

    public Task JoinAsync(DeviceRig who) => SendAsync(
        mara.Client, HttpMethod.Put, $"/api/projects/{project}/members/{who.User.Subject}", new { can_change = false }, 204);

    public Task<JsonElement> RuleAsync(object rule) => SendAsync(
        mara.Client, HttpMethod.Patch, $"/api/projects/{project}/folders/{mara.Folder}", rule, 200);

    public async Task<Guid> AskAsync(DeviceRig? who = null, string path = Path) =>
        (await SendAsync((who ?? ines).Client, HttpMethod.Post, $"/api/projects/{project}/files/download", new { file_path = path }, 200))
        .GetProperty("download_id").GetGuid();

    public Task<JsonElement> AskRefusedAsync(object body, int status, string code) =>
        SendAsync(ines.Client, HttpMethod.Post, $"/api/projects/{project}/files/download", body, status, code);

    public Task<JsonElement> RowAsync(Guid transfer, DeviceRig? who = null) => (who ?? ines).GetAsync($"{Transfers}/{transfer}");

    public Task<JsonElement> PatchAsync(
        DeviceRig who, Guid transfer, object body, int status = 200, string? code = null) =>
        SendAsync(who.Client, HttpMethod.Patch, $"{Transfers}/{transfer}", body, status, code);

    public Task<JsonElement> ClaimAsync(Guid transfer, int attempt = 1, int status = 200, string? code = null, Guid? agent = null) =>
        PatchAsync(mara, transfer, new { status = "in_progress", attempt, claim = agent ?? Agent }, status, code);

    public Task<JsonElement> ActAsync(
        DeviceRig who, Guid transfer, string act, object? body = null, int status = 200, string? code = null) =>
        SendAsync(who.Client, HttpMethod.Post, $"{Transfers}/{transfer}/{act}", body, status, code);

    public async Task<string> SessionAsync(Guid transfer, long size, int status = 201, string? code = null, Guid? agent = null)
    {
        var made = await SendAsync(
            mara.Client, HttpMethod.Post, "/api/sessions", new { transferId = transfer, claim = agent ?? Agent, size }, status, code);
        return status == 201 ? made.GetProperty("id").GetString()! : "";
    }

    /// <summary>Sends a chunk; returns the status.</summary>
    public async Task<int> ChunkAsync(string session, long offset, byte[] bytes, DeviceRig? who = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{session}/chunks/{offset}")
        {
            Content = new ByteArrayContent(bytes),
        };
        request.Headers.TryAddWithoutValidation("X-Chunk-SHA256", ApiClient.Hex(bytes));
        using var answer = await (who ?? mara).Client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    public async Task SendAllAsync(string session, byte[] content)
    {
        Assert.Equal(201, await ChunkAsync(session, 0, content));
        await CompleteAsync(session);
    }

    /// <summary>Completes a relay, and waits for the digest that the service computes of it.</summary>
    public async Task CompleteAsync(string session)
    {
        await SendAsync(mara.Client, HttpMethod.Post, $"/api/sessions/{session}/complete", null, 200);
        await Eventually.HoldsAsync(async () =>
            (await mara.Client.GetFromJsonAsync<JsonElement>($"/api/sessions/{session}")).GetProperty("sha256").ValueKind
                == JsonValueKind.String);
    }

    public async Task<HttpResponseMessage> ContentAsync(
        Guid transfer, long? from = null, string? match = null, DeviceRig? who = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Transfers}/{transfer}/content");
        if (from is { } offset)
            request.Headers.Range = new RangeHeaderValue(offset, null);
        if (match is not null)
            request.Headers.TryAddWithoutValidation("If-Match", match);
        return await (who ?? ines).Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<List<Guid>> ListAsync(DeviceRig who, string query) =>
    [
        .. (await who.GetAsync($"{Transfers}?{query}")).GetProperty("transfers").EnumerateArray()
            .Select(one => one.GetProperty("id").GetGuid()),
    ];

    /// <summary>Removes Ines from the project.</summary>
    public Task RemoveAsync() => SendAsync(
        mara.Client, HttpMethod.Delete, $"/api/projects/{project}/members/{ines.User.Subject}", null, 204);
}

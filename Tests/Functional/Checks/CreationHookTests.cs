using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>The HTTP hook that decides whether an upload may be created.</summary>
public sealed class CreationHookTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly byte[] Bytes = TusClient.Bytes(100);

    private HookReceiver _hook = null!;
    private CheckedService _service = null!;

    public async Task InitializeAsync()
    {
        _hook = await HookReceiver.StartAsync();
        _service = await CheckedService.StartAsync(postgres, Settings());
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _hook.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_that_is_refused_is_not_made_in_any_protocol()
    {
        Answer("""{"verdict":"refuse","reason":"Not on\nSundays.","status":422}""");
        foreach (var send in Ways())
        {
            using var answer = await send();
            Assert.Equal((422, "refused_by_hook"), ((int)answer.StatusCode, await CheckedService.CodeAsync(answer)));
        }

        Assert.Equal(Ways().Count, _hook.Received.Count);
        Assert.Empty((await _service.Client.GetFromJsonAsync<JsonElement>("/api/sessions")).GetProperty("items").EnumerateArray());
        using var problem = await Ways()[0]();
        Assert.Equal("Not on Sundays.", (await problem.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
        var told = JsonElement.Parse(_hook.Received[0].Body);
        Assert.Equal("creating", told.GetProperty("kind").GetString());
        Assert.Equal("a.bin", told.GetProperty("upload").GetProperty("name").GetString());
        Assert.Equal(100, told.GetProperty("upload").GetProperty("size").GetInt64());
        Assert.Equal("operator", told.GetProperty("owner").GetString());
        Assert.StartsWith("v1,", _hook.Received[0].Headers["webhook-signature"], StringComparison.Ordinal);

        Answer("""{"verdict":"accept"}""");
        foreach (var send in Ways())
        {
            using var answer = await send();
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("""{"verdict":"refuse"}""", 403)]
    [InlineData("""{"verdict":"refuse","status":200}""", 403)]
    [InlineData("""{"verdict":"refuse","status":401}""", 403)]
    [InlineData("""{"verdict":"refuse","status":503}""", 403)]
    [InlineData("""{"verdict":"refuse","status":"x"}""", 403)]
    [InlineData("""{"verdict":"refuse","status":409}""", 409)]
    [InlineData("<html>", 503)]
    [InlineData("", 503)]
    public async Task A_status_that_means_something_else_is_not_passed_on(string answer, int status)
    {
        Answer(answer);
        using var put = await Ways()[0]();
        Assert.Equal(status, (int)put.StatusCode);
    }

    [Fact]
    public async Task Without_an_answer_no_upload_is_made_unless_a_setting_says_so()
    {
        _hook.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await _service.RestartAsync(Settings(("Check:CreationTimeout", "00:00:00.200")));
        using (var away = await Ways()[0]())
            Assert.Equal((503, "hook_away"), ((int)away.StatusCode, await CheckedService.CodeAsync(away)));
        await _service.RestartAsync(Settings(("Check:CreationTimeout", "00:00:00.200"), ("Check:WhileAway", "Accept")));
        using var passed = await Ways()[0]();
        Assert.Equal(201, (int)passed.StatusCode);
    }

    [Fact]
    public async Task A_receiver_made_for_tusd_is_asked_with_pre_create()
    {
        await _service.RestartAsync(("Check:CreationUrl", _hook.Url), ("Check:Format", "Tusd"));
        Answer("""{"RejectUpload":true,"HTTPResponse":{"StatusCode":400,"Body":"no filename","Header":{"Set-Cookie":"a=b"}}}""");
        using (var refused = await TusAsync())
        {
            Assert.Equal((400, "refused_by_hook"), ((int)refused.StatusCode, await CheckedService.CodeAsync(refused)));
            Assert.False(refused.Headers.Contains("Set-Cookie"));
        }

        var hook = Assert.Single(_hook.Received);
        Assert.Equal("pre-create", hook.Headers["Hook-Name"]);
        var told = JsonElement.Parse(hook.Body);
        Assert.Equal("pre-create", told.GetProperty("Type").GetString());
        Assert.Equal("a.bin", told.GetProperty("Event").GetProperty("Upload").GetProperty("MetaData").GetProperty("filename").GetString());
        Assert.Equal("POST", told.GetProperty("Event").GetProperty("HTTPRequest").GetProperty("Method").GetString());
        Answer("{}");
        using var made = await TusAsync();
        Assert.Equal(201, (int)made.StatusCode);
    }

    private (string, string)[] Settings(params (string, string)[] more) =>
        [("Check:CreationUrl", _hook.Url), ("Check:Secret", CheckedService.Secret), .. more];

    private void Answer(string body) => _hook.Answer = context => context.Response.WriteAsync(body);

    private IReadOnlyList<Func<Task<HttpResponseMessage>>> Ways() =>
    [
        () => _service.Client.PutAsync("/api/files/a.bin", new ByteArrayContent(Bytes)),
        () => _service.Client.PutAsync("/api/files/empty.bin", new ByteArrayContent([])),
        () => _service.Client.PutAsync("/api/tree/a.bin", new ByteArrayContent(Bytes)),
        () => _service.Client.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = 100 }),
        () => TusAsync(),
        () => TusAsync(Bytes),
        () => TusAsync(null, ("Upload-Concat", "partial")),
        IetfAsync,
    ];

    private async Task<HttpResponseMessage> TusAsync(byte[]? bytes = null, params (string Name, string Value)[] more)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", "100");
        request.Headers.Add("Upload-Metadata", $"filename {Convert.ToBase64String(Encoding.UTF8.GetBytes("a.bin"))}");
        foreach (var (name, value) in more)
            request.Headers.Add(name, value);
        if (bytes is not null)
        {
            request.Content = new ByteArrayContent(bytes);
            request.Content.Headers.Add("Content-Type", TusClient.OffsetType);
        }

        return await _service.Client.SendAsync(request);
    }

    private async Task<HttpResponseMessage> IetfAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/uploads") { Content = new ByteArrayContent(Bytes) };
        request.Headers.Add("Upload-Draft-Interop-Version", "8");
        request.Headers.Add("Upload-Complete", "?1");
        return await _service.Client.SendAsync(request);
    }
}

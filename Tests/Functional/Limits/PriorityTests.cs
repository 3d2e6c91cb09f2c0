using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>The priority of an upload: how it is set and changed, and who may use which.</summary>
public sealed class PriorityTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private HttpClient _member = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        var people = new TestPeople(_service);
        _member = await people.ClientAsync(await people.UserAsync("rae", Role.Member));
    }

    public async Task DisposeAsync()
    {
        _member.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_session_and_a_tus_upload_have_the_priority_that_their_client_wishes()
    {
        using var plain = await _member.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = 5 });
        Assert.Equal("normal", await PriorityAsync(plain));
        using var high = await _member.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = 5, priority = "high" });
        Assert.Equal("high", await PriorityAsync(high));
        using var wrong = await _member.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = 5, priority = "urgent" });
        Assert.Equal(400, (int)wrong.StatusCode);
        var tus = new TusClient(_member);
        Assert.Equal("low", await PriorityOfAsync(await tus.NewAsync(5, ("Upload-Metadata", $"priority {Base64("low")}"))));
        // An invalid hint is no reason to refuse an upload.
        Assert.Equal("normal", await PriorityOfAsync(await tus.NewAsync(5, ("Upload-Metadata", $"priority {Base64("urgent")}"))));
    }

    [Fact]
    public async Task A_priority_is_changed_while_the_upload_is_unfinished()
    {
        var tus = new TusClient(_member);
        var path = await tus.NewAsync(3);
        var session = "/api/sessions/" + path.Split('/')[^1];
        using (var changed = await _member.PatchAsJsonAsync(session, new { priority = "high" }))
            Assert.Equal("high", await PriorityAsync(changed));
        using (var wrong = await _member.PatchAsJsonAsync(session, new { priority = "urgent" }))
            Assert.Equal(400, (int)wrong.StatusCode);
        Assert.Equal(204, (await tus.PatchAsync(path, 0, new byte[3])).Status);
        using (var late = await _member.PatchAsJsonAsync(session, new { priority = "low" }))
            Assert.Equal(410, (int)late.StatusCode);
        using var absent = await _member.PatchAsJsonAsync($"/api/sessions/{Guid.NewGuid():n}", new { priority = "low" });
        Assert.Equal(404, (int)absent.StatusCode);
    }

    [Fact]
    public async Task Uploads_through_a_link_have_at_most_the_priority_of_the_link()
    {
        var links = new LinkClient(_service);
        foreach (var (own, found) in new[] { (null, "normal"), ("low", "low"), ("normal", "normal") })
        {
            var link = await links.MakeAsync(new { kind = "upload", priority = own });
            Assert.Equal(found, (await links.ViewAsync(link)).GetProperty("priority").GetString());
            var tus = new TusClient(links.Http);
            var created = await tus.TusAsync(
                HttpMethod.Post, $"{link.Path}/files", null, ("Upload-Length", "5"), ("Upload-Metadata", $"priority {Base64("high")}"));
            Assert.Equal(201, created.Status);
            Assert.Equal(found, await PriorityOfAsync(created.Path, _service.Client));
        }

        using var refused = await _service.Client.PostAsJsonAsync("/api/links", new { kind = "upload", priority = "high" });
        Assert.Equal(400, (int)refused.StatusCode);
        links.Close();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<string?> PriorityAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("priority").GetString();

    private async Task<string?> PriorityOfAsync(string path, HttpClient? client = null)
    {
        using var answer = await (client ?? _member).GetAsync("/api/sessions/" + path.Split('/')[^1]);
        return await PriorityAsync(answer);
    }
}

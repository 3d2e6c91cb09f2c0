using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Sessions of browsers and keys are listed with what they do, and limited in number, those of the operator key too.</summary>
public sealed class ActivityTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Sessions_have_open_uploads_totals_and_the_class_of_the_network()
    {
        var api = new ApiClient(_service);
        var id = await api.CreateIdAsync(64 << 20);
        await api.PutOkAsync(id, 0, ApiClient.Bytes(3 << 20));
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        var session = Assert.Single((await SignInsAsync(browser)).GetProperty("items").EnumerateArray());
        var activity = session.GetProperty("activity");
        Assert.Equal(1, activity.GetProperty("openUploads").GetInt64());
        Assert.Equal(64 << 20, activity.GetProperty("storedBytes").GetInt64());
        Assert.Equal(JsonValueKind.String, activity.GetProperty("network").ValueKind);
        await Eventually.HoldsAsync(async () =>
            (await SignInsAsync(browser)).GetProperty("items")[0].GetProperty("activity").GetProperty("received").GetInt64()
                == 3 << 20);
    }

    [Fact]
    public async Task Keys_show_open_uploads_and_stored_bytes_of_their_user()
    {
        var people = new TestPeople(_service);
        var user = await people.UserAsync("kim", Role.Member);
        using var member = await people.ClientAsync(user);
        using (var put = await member.PutAsync("/api/files/a.bin", new ByteArrayContent(new byte[700])))
            Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal(201, (await new TusClient(member).CreateAsync(("Upload-Length", "300"))).Status);
        foreach (var client in new[] { member, _service.Client })
        {
            var page = await client.GetFromJsonAsync<JsonElement>("/api/keys");
            var activity = Assert.Single(page.GetProperty("items").EnumerateArray()).GetProperty("activity");
            Assert.Equal((1, 1000), (activity.GetProperty("openUploads").GetInt64(), activity.GetProperty("storedBytes").GetInt64()));
        }
    }

    private static async Task<JsonElement> SignInsAsync(BrowserClient browser)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/sign-ins");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    [Fact]
    public async Task Browsers_with_the_operator_key_are_limited_in_number()
    {
        for (var count = 0; count < BrowserSessions.MostOfUser + 2; count++)
        {
            using var browser = new BrowserClient(_service);
            await browser.SignInAsync();
        }

        var page = await _service.Client.GetFromJsonAsync<JsonElement>("/api/sign-ins");
        Assert.Equal(BrowserSessions.MostOfUser, page.GetProperty("items").GetArrayLength());
    }
}

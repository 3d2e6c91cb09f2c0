using System.Net;
using System.Net.Http.Json;

namespace ChunkUpload.Tests.Functional.Api;

[Collection(ApiCollection.Name)]
public sealed class SystemTests(ApiFixture fixture)
{
    [Fact]
    public async Task The_system_is_described_with_every_setting_and_no_secret()
    {
        var view = await fixture.Api.GetAsync("/api/system");
        Assert.True(view.GetProperty("startedAt").GetDateTimeOffset() < TimeProvider.System.GetUtcNow());
        Assert.All(view.GetProperty("checks").EnumerateObject(), check => Assert.True(check.Value.GetProperty("ok").GetBoolean()));
        var settings = view.GetProperty("settings").EnumerateArray().ToDictionary(setting => setting.GetProperty("key").GetString()!);
        var directory = settings["Data:Directory"];
        Assert.Equal(fixture.Service.DataDirectory, directory.GetProperty("value").GetString());
        Assert.Equal("command line", directory.GetProperty("source").GetString());
        Assert.False(directory.GetProperty("isDefault").GetBoolean());
        Assert.All(settings.Values, setting => Assert.NotEqual("", setting.GetProperty("meaning").GetString()));
        var ledger = settings["ConnectionStrings:Ledger"];
        Assert.True(ledger.GetProperty("isSecret").GetBoolean());
        Assert.Equal("***", ledger.GetProperty("value").GetString());
        Assert.DoesNotContain(fixture.Service.ConnectionString, view.GetRawText(), StringComparison.Ordinal);
        var refused = await ApiClient.ProblemAsync(
            await fixture.Service.Client.GetAsync(ApiClient.At("/api/system?all=1")), HttpStatusCode.BadRequest, "invalid_parameter");
        Assert.Equal("This call takes no parameters.", refused.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_session_is_published_in_the_space_that_it_names()
    {
        var client = fixture.Service.Client;
        using var made = await client.PostAsJsonAsync(ApiClient.At("/api/spaces"), new { name = "Sessions" });
        var space = ApiClient.Id(await ApiClient.JsonAsync(made, HttpStatusCode.Created));
        using var begun = await client.PostAsJsonAsync(ApiClient.At("/api/sessions"), new { path = "in/it.bin", space, size = 5 });
        var id = ApiClient.Id(await ApiClient.JsonAsync(begun, HttpStatusCode.Created));
        await fixture.Api.PutOkAsync(id, 0, "hello"u8.ToArray());
        using (var completed = await fixture.Api.CompleteAsync(id))
            Assert.True(completed.IsSuccessStatusCode);
        Assert.Equal("hello", await client.GetStringAsync(ApiClient.At($"/api/spaces/{space}/tree/in/it.bin")));
        await fixture.Api.GetAsync("/api/tree/in/it.bin", HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"path":"a.bin","size":1,"space":"nowhere"}""", 400, "invalid_field")]
    [InlineData("""{"fileName":"a.bin","size":1,"space":"00000000000000000000000000000001"}""", 400, "invalid_field")]
    [InlineData("""{"path":"a.bin","size":1,"space":"00000000000000000000000000000001"}""", 404, "no_entry")]
    public async Task A_session_is_refused_in_a_space_that_is_not_there(string body, int status, string code)
    {
        using var content = new StringContent(body, null, "application/json");
        using var answer = await fixture.Service.Client.PostAsync(ApiClient.At("/api/sessions"), content);
        await ApiClient.ProblemAsync(answer, (HttpStatusCode)status, code);
    }
}

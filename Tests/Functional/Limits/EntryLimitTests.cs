using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>The limit of files also bounds entries that need no upload: what is copied or moved to another space.</summary>
public sealed class EntryLimitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private TestPeople _people = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _people = new TestPeople(_service);
        foreach (var path in new[] { "d/1", "d/2", "d/e/3" })
        {
            using var put = await _service.Client.PutAsync($"/api/tree/{path}?parents=true", new StringContent("x"));
            Assert.Equal(201, (int)put.StatusCode);
        }
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Theory]
    [InlineData(9, 413, 5)]
    [InlineData(10, 201, 10)]
    public async Task A_folder_is_copied_as_a_whole_or_not_at_all(int limit, int status, int entries)
    {
        await LimitAsync(LimitTarget.OfTenant(Caller.DefaultTenant), limit);
        var answer = await RelocateAsync("copy", "d", "copy", null);
        Assert.Equal(status, answer.Status);
        if (status == 413)
            Assert.Equal((9, 5), (answer.Body.GetProperty("limit").GetInt32(), answer.Body.GetProperty("used").GetInt32()));
        Assert.Equal(entries, (await SpaceAsync(_service.Client, "shared")).GetProperty("entries").GetInt32());
    }

    [Theory]
    [InlineData("d", 4, 413)]
    [InlineData("d", 5, 202)]
    [InlineData("d/1", 0, 413)]
    [InlineData("d/1", 1, 200)]
    public async Task An_entry_from_another_space_counts_for_the_owner_of_the_new_one(string path, int limit, int status)
    {
        var ann = await _people.UserAsync("ann", Role.Member);
        using var client = await _people.ClientAsync(ann);
        var own = (await SpaceAsync(client, "own")).GetProperty("id").GetString()!;
        // The tenant is at its limit, but a move within it adds nothing.
        await LimitAsync(LimitTarget.OfTenant(Caller.DefaultTenant), 5);
        await LimitAsync(LimitTarget.OfSubject(Caller.DefaultTenant, ann.Subject)!, limit);
        var answer = await RelocateAsync("move", path, "moved", own);
        Assert.Equal(status, answer.Status);
        if (status == 413)
            Assert.Equal("quota_exceeded", answer.Body.GetProperty("code").GetString());
    }

    private async Task<(int Status, JsonElement Body)> RelocateAsync(string verb, string from, string to, string? space)
    {
        using var answer = await _service.Client.PostAsJsonAsync($"/api/tree/{verb}", new { from, to, space });
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private static async Task<JsonElement> SpaceAsync(HttpClient client, string kind) =>
        (await client.GetFromJsonAsync<JsonElement>("/api/spaces")).GetProperty("items").EnumerateArray()
        .First(space => space.GetProperty("kind").GetString() == kind);

    private Task LimitAsync(LimitTarget target, long files) =>
        _service.Services.GetRequiredService<ILimitLedger>().SetAsync(target, new LimitValues { Files = files }, default);
}

using System.Net;
using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>The common behaviour of all lists in the contract.</summary>
[Collection(ApiCollection.Name)]
public sealed class ListTests(ApiFixture fixture)
{
    [Fact]
    public async Task Every_list_refuses_a_foreign_cursor_with_one_code() =>
        Assert.Equal([], await OthersAsync("cursor", new string('x', 6200), "invalid_cursor"));

    [Fact]
    public async Task Every_list_refuses_a_limit_out_of_range_with_one_code() =>
        Assert.Equal([], await OthersAsync("limit", "0", "invalid_parameter"));

    [Fact]
    public async Task Every_list_refuses_a_parameter_that_it_does_not_have_with_one_code() =>
        Assert.Equal([], await OthersAsync("limit", "1&nonsense=1", "invalid_parameter"));

    /// <returns>The lists with this parameter that answered otherwise.</returns>
    private async Task<List<string>> OthersAsync(string parameter, string value, string code)
    {
        var id = await fixture.Api.CreateIdAsync(5);
        var space = (await fixture.Api.GetAsync("/api/spaces")).GetProperty("items")[0].GetProperty("id").GetString();
        var root = (await fixture.Api.GetAsync("/api/tree/")).GetProperty("folder").GetProperty("id").GetString();
        var contract = await fixture.Api.GetAsync("/swagger/v1/swagger.json");
        var (others, asked) = (new List<string>(), 0);
        foreach (var path in contract.GetProperty("paths").EnumerateObject())
        {
            if (!path.Value.TryGetProperty("get", out var list) || !Has(list, parameter))
                continue;
            var address = path.Name.Replace("{space}", space, StringComparison.Ordinal).Replace("{path}", "", StringComparison.Ordinal)
                .Replace("/entries/{id}", $"/entries/{root}", StringComparison.Ordinal)
                .Replace("{id}", id, StringComparison.Ordinal).Replace("{name}", "purge-stale-sessions", StringComparison.Ordinal);
            using var answer = await fixture.Api.Http.GetAsync(ApiClient.At($"{address}?{parameter}={value}"));
            var body = await answer.Content.ReadAsStringAsync();
            if (answer.StatusCode != HttpStatusCode.BadRequest || !body.Contains($"\"code\":\"{code}\"", StringComparison.Ordinal))
                others.Add($"{address}: {(int)answer.StatusCode} {body}");
            asked++;
        }

        Assert.True(asked >= 20, $"{asked}");
        return others;
    }

    private static bool Has(JsonElement list, string parameter) => list.TryGetProperty("parameters", out var all)
        && all.EnumerateArray().Any(one => one.GetProperty("name").ValueEquals(parameter));
}

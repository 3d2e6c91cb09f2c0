using System.IO.Compression;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Swashbuckle.AspNetCore.Swagger;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>The contract: it describes every operation, and a change needs an approval.</summary>
[Collection(ApiCollection.Name)]
public sealed class ContractTests(ApiFixture fixture)
{
    private const string UpdateVariable = "CHUNKUPLOAD_UPDATE_OPENAPI";

    private static readonly string Approved = Path.Combine(Repository.Root, "Tests", "Functional", "Api", "openapi.json");

    [Fact]
    public async Task The_contract_is_the_one_that_was_approved()
    {
        var live = await fixture.Service.Client.GetStringAsync(ApiClient.At("/swagger/v1/swagger.json"));
        live = live.ReplaceLineEndings("\n")
            .Replace(fixture.Service.Address.GetLeftPart(UriPartial.Authority), ContractDocument.SampleAddress, StringComparison.Ordinal)
            .TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            await File.WriteAllTextAsync(Approved, live);
        var approved = File.Exists(Approved) ? await File.ReadAllTextAsync(Approved) : "";
        if (approved == live)
            return;
        var (was, now) = (approved.Split('\n'), live.Split('\n'));
        var line = Enumerable.Range(0, Math.Max(was.Length, now.Length)).First(i => i >= was.Length || i >= now.Length || was[i] != now[i]);
        Assert.Fail(
            $"The contract has changed, first at line {line + 1}:\n- {was.ElementAtOrDefault(line)}\n+ {now.ElementAtOrDefault(line)}\n" +
            $"When that is meant: {UpdateVariable}=1 ./tools/test --filter {nameof(The_contract_is_the_one_that_was_approved)}, look at "
                + $"the difference of Tests/Functional/Api/openapi.json, and commit it.");
    }

    [Fact]
    public async Task Every_operation_is_documented_with_an_example_of_each_body_and_its_error_codes()
    {
        var document = await fixture.Api.GetAsync("/swagger/v1/swagger.json");
        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value)))
                .ToList();
        Assert.True(operations.Count > 20);
        foreach (var (name, operation) in operations)
        {
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()), name);
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("description").GetString()), name);
            Assert.Equal(1, operation.GetProperty("tags").GetArrayLength());
            if (operation.TryGetProperty("requestBody", out var body) && body.GetProperty("content")
                .TryGetProperty("application/json", out var json))
                Assert.True(json.TryGetProperty("example", out _), name);
            foreach (var response in operation.GetProperty("responses").EnumerateObject())
            {
                var failed = response.Name[0] is '4' or '5' && response.Value.GetProperty("content")
                    .TryGetProperty("application/problem+json", out _);
                if (failed)
                    Assert.Matches("^- `[a-z_]+`: ", response.Value.GetProperty("description").GetString()!);
                if (response.Value.TryGetProperty("content", out var content))
                    Assert.All(content.EnumerateObject().Where(type => type.Name.Contains("json", StringComparison.Ordinal)), type =>
                        Assert.True(type.Value.TryGetProperty("example", out _), $"{name} {response.Name}"));
            }

            var anonymous = name.Contains("/health/", StringComparison.Ordinal) || name.StartsWith("options ", StringComparison.Ordinal);
            Assert.Equal(!anonymous, operation.TryGetProperty("security", out _));
            Assert.Equal(!anonymous, operation.GetProperty("responses").TryGetProperty("401", out _));
        }
    }

    [Fact]
    public void Every_endpoint_is_in_the_contract()
    {
        var endpoints = fixture.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null);
        Assert.All(endpoints, endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<EndpointDoc>()));
    }

    [Fact]
    public async Task Examples_have_the_names_that_the_service_answers_with()
    {
        var id = await fixture.Api.CreateIdAsync(5);
        AssertSameNames(Examples.SessionItem, (await fixture.Api.GetAsync("/api/sessions?limit=1&state=open")).GetProperty("items")[0]);
        AssertSameNames(Examples.Receipt, await fixture.Api.PutOkAsync(id, 0, "hello"u8.ToArray()));
        AssertSameNames(Examples.Chunk, (await fixture.Api.GetAsync($"/api/sessions/{id}/chunks")).GetProperty("items")[0]);
        AssertSameNames(Examples.OpenSession, await fixture.Api.GetAsync($"/api/sessions/{id}"), "failures");
        using var completed = await fixture.Api.CompleteAsync(id);
        AssertSameNames(Examples.CompletedSession, await ApiClient.JsonAsync(completed, HttpStatusCode.OK));
        AssertSameNames(Examples.FiledFile, await fixture.Api.GetAsync($"/api/files/{id}"));
    }

    [Fact]
    public async Task Examples_of_the_tree_have_the_names_that_the_service_answers_with()
    {
        using var put = await fixture.Api.Http.PutAsync(ApiClient.At("/api/tree/contract.txt"), new ByteArrayContent([1]));
        AssertSameNames(Examples.Entry, await ApiClient.JsonAsync(put, HttpStatusCode.Created));
        using var removed = await fixture.Api.Http.DeleteAsync(ApiClient.At("/api/tree/contract.txt"));
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        AssertSameNames(Examples.TrashItem, (await fixture.Api.GetAsync("/api/trash?limit=1")).GetProperty("items")[0]);
        AssertSameNames(Examples.Space, (await fixture.Api.GetAsync("/api/spaces")).GetProperty("items")[0]);
        var changes = await fixture.Api.GetAsync("/api/changes?limit=1000");
        AssertSameNames(Examples.Changes, changes);
        var example = JsonNode.Parse(Examples.Changes)!["items"]![0]!.ToJsonString();
        AssertSameNames(
            example, changes.GetProperty("items").EnumerateArray()
                .Last(change => change.GetProperty("entry").GetProperty("kind").ValueEquals("file")));
    }

    [Fact]
    public async Task The_contract_names_the_address_at_which_it_is_served_and_no_other()
    {
        var document = await fixture.Service.Client.GetStringAsync(ApiClient.At(GetContract.Path));
        Assert.Contains($"{fixture.Service.Address}api/files/", document, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1:8080", document, StringComparison.Ordinal);
        var named = await RawConnection.AnswerAsync(
            fixture.Service.Address, $"GET {GetContract.Path} HTTP/1.1\r\nHost: upload.example.org\r\nConnection: close\r\n\r\n");
        Assert.Contains("http://upload.example.org/api/files/", named, StringComparison.Ordinal);
        // Host names that clients invent get no copy each.
        for (var i = 0; i < 10; i++)
        {
            var invented = await RawConnection.AnswerAsync(
                fixture.Service.Address, $"GET {GetContract.Path} HTTP/1.1\r\nHost: a{i}.example.org\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", invented, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1:8080", invented, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_address_in_use_is_not_pushed_out_by_invented_ones()
    {
        var time = new ManualTime();
        var services = new ServiceCollection().AddSingleton(fixture.Service.Services.GetRequiredService<ISwaggerProvider>());
        var document = new ContractDocument(services.BuildServiceProvider(), time);
        var copy = await AtAsync("real.example.org");
        foreach (var invented in Enumerable.Range(0, 20))
        {
            time.Advance(TimeSpan.FromSeconds(30));
            _ = await AtAsync($"a{invented}.example.org");
            Assert.Same(copy, await AtAsync("real.example.org"));
        }

        // An address that is no longer used makes room.
        time.Advance(TimeSpan.FromMinutes(2));
        copy = await AtAsync("new.example.org");
        Assert.Same(copy, await AtAsync("new.example.org"));

        Task<SharedBytes> AtAsync(string host) =>
            document.ForAsync(new DefaultHttpContext { Request = { Scheme = "http", Host = new HostString(host) } }.Request);
    }

    [Theory]
    [InlineData("br, gzip", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("identity", null)]
    public async Task The_contract_comes_compressed_and_is_not_sent_twice(string accepted, string? coding)
    {
        using var http = fixture.Service.CreateClient(withKey: false);
        using var first = await SendAsync(http, accepted, null);
        Assert.Equal(coding, first.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Contains("Accept-Encoding", first.Headers.Vary);
        await using var body = await first.Content.ReadAsStreamAsync();
        await using Stream plain = coding switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var document = await JsonDocument.ParseAsync(plain);
        Assert.Equal("ChunkUpload", document.RootElement.GetProperty("info").GetProperty("title").GetString());

        using var again = await SendAsync(http, accepted, first.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, string accepted, string? tag)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, ApiClient.At(GetContract.Path));
        request.Headers.Add("Accept-Encoding", accepted);
        if (tag is not null)
            request.Headers.Add("If-None-Match", tag);
        return http.SendAsync(request);
    }

    [Fact]
    public async Task The_page_and_all_that_it_loads_come_from_here()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        var page = await client.GetStringAsync(ApiClient.At("/swagger/index.html"));
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        foreach (System.Text.RegularExpressions.Match asset in System.Text.RegularExpressions.Regex.Matches(
            page, "(?:src|href)=\"([^\"]+)\""))
        {
            using var answer = await client.GetAsync(ApiClient.At($"/swagger/{asset.Groups[1].Value.TrimStart('.', '/')}"));
            Assert.True(answer.IsSuccessStatusCode, asset.Value);
        }

        using var moved = await client.GetAsync(ApiClient.At("/swagger"));
        Assert.True(moved.IsSuccessStatusCode);
        Assert.Contains("default-src 'self'", moved.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    private static void AssertSameNames(string example, JsonElement live, params string[] shallow)
    {
        static IEnumerable<string> Names(JsonNode? node, string path, string[] shallow) => node switch
        {
            JsonObject children => children.Where(child => child.Key != "metadata").SelectMany(child =>
                shallow.Contains(child.Key) ? [$"{path}.{child.Key}"] : Names(child.Value, $"{path}.{child.Key}", shallow)
                    .Prepend($"{path}.{child.Key}")),
            JsonArray => [],
            _ => [],
        };
        Assert.Equal(
            Names(JsonNode.Parse(example), "", shallow).Order(StringComparer.Ordinal),
            Names(JsonNode.Parse(live.GetRawText()), "", shallow).Order(StringComparer.Ordinal));
    }
}

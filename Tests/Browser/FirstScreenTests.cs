using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The packed console, as people get it: what its first screen costs, and that all of its screens are in it.</summary>
public sealed class FirstScreenTests(FirstScreenTests.PackedService packed) : IClassFixture<FirstScreenTests.PackedService>
{
    private const int MostRequests = 8;
    private const int MostBytes = 60 << 10;

    [PackedConsoleFact]
    public async Task The_first_screen_needs_few_requests_and_bytes_and_later_visits_fetch_no_module()
    {
        var service = packed.Service;
        using var browser = ConsoleRig.Start("firstScreen", service.Address, service.Key);
        var (visits, _) = await ConsoleRig.EndAsync(browser);
        var first = visits[0].GetProperty("asked").EnumerateArray().Select(request => request.GetString()).ToArray();
        Assert.True(first.Length <= MostRequests, string.Join('\n', first));
        Assert.InRange(visits[0].GetProperty("bytes").GetInt32(), 1, MostBytes);
        Assert.DoesNotContain(visits[1].GetProperty("asked").EnumerateArray(), request => request.GetString()!.Contains("/packed/"));
    }

    [PackedConsoleFact]
    public async Task The_files_page_loads_no_pack_of_other_screens()
    {
        var service = packed.Service;
        using var browser = ConsoleRig.Start("filesPacks", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var packs = result.GetProperty("packs").EnumerateArray()
            .Select(pack => (Path: pack.GetProperty("path").GetString()!, Bytes: pack.GetProperty("bytes").GetInt32())).ToList();
        Assert.Contains(packs, pack => pack.Path.Contains("/files-", StringComparison.Ordinal));
        foreach (var other in (string[])["moving-", "figures-", "access-", "projects-", "later-", "rest-"])
            Assert.DoesNotContain(packs, pack => pack.Path.Contains($"/{other}", StringComparison.Ordinal));
        // All packs were 190 KiB when they were one.
        Assert.InRange(packs.Sum(pack => pack.Bytes), 1, 110 << 10);
    }

    [PackedConsoleFact]
    public async Task What_files_need_is_fetched_while_a_person_signs_in()
    {
        var service = packed.Service;
        using var browser = ConsoleRig.Start("typedSlowly", service.Address, service.Key);
        var (fetched, _) = await ConsoleRig.EndAsync(browser);
        Assert.Empty(fetched.EnumerateArray().Select(path => path.GetString()));
    }

    [PackedConsoleFact]
    public async Task A_person_who_signs_in_at_once_waits_for_what_is_being_fetched()
    {
        var service = packed.Service;
        using var browser = ConsoleRig.Start("typedAtOnce", service.Address, service.Key);
        var (hasLeft, _) = await ConsoleRig.EndAsync(browser);
        Assert.False(hasLeft.GetBoolean());
    }

    [PackedConsoleFact]
    public async Task Every_packed_screen_opens_while_the_service_is_away()
    {
        var pages = await PackedPages.GetAsync();
        await using var service = await ServiceProcess.StartAsync(environment: pages.Environment);
        using var browser = ConsoleRig.Start("keptScreens", service.Address, service.Key, Path.Combine(pages.Root, "console"));
        await ConsoleRig.AtAsync(browser, "kept", service.Kill9Async);
        var (faults, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(0, faults.GetInt32());
    }

    [PackedConsoleFact]
    public async Task The_packed_files_may_be_kept_and_only_documents_and_workers_have_a_policy()
    {
        var pages = await PackedPages.GetAsync();
        using var client = packed.Service.CreateClient(withKey: false);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(pages.Root, "console", "packed")).Select(Path.GetFileName))
        {
            if (file!.EndsWith(".br", StringComparison.Ordinal))
                continue;
            using var answer = await client.GetAsync(ApiClient.At($"/console/packed/{file}"));
            Assert.True(answer.IsSuccessStatusCode, file);
            Assert.Contains("immutable", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            var policed = file.StartsWith("hash-worker", StringComparison.Ordinal) || file.EndsWith(".svg", StringComparison.Ordinal);
            Assert.Equal(policed, answer.Headers.Contains("Content-Security-Policy"));
        }
    }

    /// <summary>The service of all tests that leave it as it is.</summary>
    public sealed class PackedService : IAsyncLifetime
    {
        private ServiceProcess? _service;

        internal ServiceProcess Service => _service!;

        public async Task InitializeAsync()
        {
            if (PackedPages.Missing is null)
                _service = await ServiceProcess.StartAsync(environment: (await PackedPages.GetAsync()).Environment);
        }

        public async Task DisposeAsync()
        {
            if (_service is not null)
                await _service.DisposeAsync();
        }
    }
}

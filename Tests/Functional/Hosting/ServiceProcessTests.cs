using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class ServiceProcessTests
{
    private const int Refused = 2;

    [Fact]
    public async Task Ends_with_0_at_SIGTERM_and_starts_again_on_its_data()
    {
        await using var first = await ServiceProcess.StartAsync(makesCluster: true);
        Assert.Equal(0, await first.StopAsync());

        await using var second = await ServiceProcess.StartAsync(first.DataDirectory);
        Assert.Equal(0, await second.StopAsync());
    }

    [Fact]
    public async Task Idle_service_holds_fewer_descriptors_than_its_minimum_allows()
    {
        // Beside the reserve for the runtime, a socket and a file of each of the fewest connections must be free.
        var most = OpenFiles.Own - IOpenFileReserve.Most - (2 * OpenFiles.Connections(OpenFiles.Own));
        await using var service = await ServiceProcess.StartAsync();
        Assert.InRange(Directory.EnumerateFileSystemEntries($"/proc/{service.ProcessId}/fd").Count(), 1, (int)most);
        Assert.Equal(0, await service.StopAsync());
    }

    [Fact]
    public async Task Starts_after_a_kill_that_left_the_database_running()
    {
        await using var first = await ServiceProcess.StartAsync();
        await first.Kill9Async();
        Assert.True(DatabaseRuns());

        await using var second = await ServiceProcess.StartAsync(first.DataDirectory);
        Assert.Equal(0, await second.StopAsync());
        Assert.False(DatabaseRuns());

        // A server that a busy machine made too slow to stop in time was killed and has left its file.
        bool DatabaseRuns()
        {
            var file = Path.Combine(first.DataDirectory, "postgres", "postmaster.pid");
            return File.Exists(file) && Directory.Exists($"/proc/{File.ReadLines(file).First()}");
        }
    }

    [Fact]
    public async Task Serves_though_nothing_can_be_printed()
    {
        // On an address without other users, so that the port stays free.
        using var free = new TcpListener(IPAddress.Parse("127.8.0.1"), 0);
        free.Start();
        var address = new Uri($"http://{free.LocalEndpoint}");
        free.Dispose();
        await using var service = ServiceProcess.LaunchUnheard(address);
        using var client = new HttpClient { BaseAddress = address };
        var ended = service.ExitCodeAsync();
        await Eventually.HoldsAsync(async () =>
        {
            Assert.False(ended.IsCompleted, service.Output);
            return await IsReadyAsync();
        });

        service.Terminate();
        Assert.Equal(0, await ended);

        async Task<bool> IsReadyAsync()
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                return answer.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    [Theory]
    [ReleaseData("INT", "INT", 130)]
    [ReleaseData("TERM", "TERM", 143)]
    [InlineData("TERM", "INT", 130)]
    public async Task Ends_at_once_at_the_second_signal(string first, string second, int code)
    {
        await using var service = await ServiceProcess.StartAsync(arguments: ["--Host:DrainTime=10m"]);
        using var connection = await RawConnection.OpenAsync(service.Address);
        // A request head that never ends keeps the server from stopping for the whole drain time.
        await connection.SendAsync("GET / HTTP/1.1\r\nHost:");
        using var client = service.CreateClient();
        using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
        Send(first);
        await service.WaitForLineAsync("Stopping");
        Send(second);

        Assert.Equal(code, await service.ExitCodeAsync());

        void Send(string signal)
        {
            if (signal == "INT")
                service.Interrupt();
            else
                service.Terminate();
        }
    }

    [Theory]
    [InlineData("Text")]
    [InlineData("Json")]
    public async Task Writes_no_secret_to_its_log_at_any_level(string format)
    {
        await using var service = await ServiceProcess.StartAsync(arguments: ["--Log:Level=Trace", $"--Log:Format={format}"]);
        using var client = service.CreateClient();
        using var body = new StringContent("hello");
        using var put = await client.PutAsync(new Uri("/api/files/a.txt?token=hush-1", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        using var nowhere = await client.GetAsync(new Uri("/nowhere?token=hush-2", UriKind.Relative));
        client.DefaultRequestHeaders.Remove("Authorization");
        client.DefaultRequestHeaders.Add("Authorization", "Bearer cu_op_hush-3");
        client.DefaultRequestHeaders.Add("Cookie", "hush-4");
        using var refused = await client.GetAsync(new Uri("/api/files", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(0, await service.StopAsync());

        Assert.Contains("/api/files/{**name}", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(service.Key, service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_json_lines_only_when_asked_for_json()
    {
        await using var service = await ServiceProcess.StartAsync(arguments: ["--Log:Format=Json"]);
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.Add("X-Request-ID", "mine-1");
        using var answer = await client.GetAsync(new Uri("/api/files", UriKind.Relative));
        Assert.Equal(0, await service.StopAsync());

        var lines = service.Output.Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var request = Assert.Single(
            lines, line => line.GetProperty("Properties").TryGetProperty("Route", out var route) && route.GetString() == "/api/files");
        Assert.Equal("mine-1", request.GetProperty("Properties").GetProperty("RequestId").GetString());
    }

    [Fact]
    public async Task Prints_a_sign_in_link_at_the_start_and_when_it_is_asked_for()
    {
        await using var service = await ServiceProcess.StartAsync();
        await service.WaitForLineAsync("/signin#link=");
        await using var verb = ServiceProcess.Launch(service.DataDirectory, ["signin-link"]);
        Assert.Equal(0, await verb.ExitCodeAsync());
        foreach (var output in new[] { service.Output, verb.Output })
        {
            using var client = service.CreateClient(withKey: false);
            client.DefaultRequestHeaders.Add("Origin", service.Address.GetLeftPart(UriPartial.Authority));
            var link = new Uri(output.Split(' ', '\n').Single(word => word.Contains("#link=", StringComparison.Ordinal)));
            Assert.Equal(new Uri(service.Address, "/signin"), new Uri(link.GetLeftPart(UriPartial.Path)));
            using var answer =
                await client.PostAsJsonAsync(new Uri("/signin", UriKind.Relative), new { link = link.Fragment["#link=".Length..] });
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await using var reset = ServiceProcess.Launch(service.DataDirectory, ["reset-sessions"]);
        Assert.Equal(0, await reset.ExitCodeAsync());
    }

    [Fact]
    public async Task Forgets_what_a_lost_cookie_key_protected_only_while_the_service_is_stopped()
    {
        await using var service = await ServiceProcess.StartAsync();
        using (var browser = service.CreateClient())
        using (var made = await browser.GetAsync(new Uri("/signin/state", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        File.Delete(Path.Combine(service.DataDirectory, "cookie.key"));
        await using (var early = ServiceProcess.Launch(service.DataDirectory, ["reset-sessions"]))
        {
            Assert.Equal(Refused, await early.ExitCodeAsync());
            Assert.Contains("stop the service, then run reset-sessions again", early.Output, StringComparison.Ordinal);
        }

        Assert.Equal(0, await service.StopAsync());
        await using (var refused = ServiceProcess.Launch(service.DataDirectory, ["--urls", "http://127.0.0.1:0"]))
            Assert.Equal(Refused, await refused.ExitCodeAsync());
        await using (var reset = ServiceProcess.Launch(service.DataDirectory, ["reset-sessions"]))
        {
            Assert.Equal(0, await reset.ExitCodeAsync());
            Assert.Contains("give webhooks new secrets", reset.Output, StringComparison.Ordinal);
        }

        await using var again = await ServiceProcess.StartAsync(service.DataDirectory);
    }

    [Fact]
    public async Task Prints_a_curl_line_that_uploads_a_file_when_it_is_pasted()
    {
        await using var service = await ServiceProcess.StartAsync();
        await service.WaitForLineAsync("curl -T");
        var line = service.Output.Split('\n').Single(line => line.StartsWith("curl -T", StringComparison.Ordinal));
        using var shell = Process.Start(
            new ProcessStartInfo("sh", ["-c", line + " --noproxy '*' -sS -w '%{http_code}'"]) { RedirectStandardOutput = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.EndsWith("201", output, StringComparison.Ordinal);
        Assert.Contains("\"sha256\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_second_start_on_the_same_data_directory_with_a_sentence()
    {
        await using var first = await ServiceProcess.StartAsync();
        await using var second = ServiceProcess.Launch(first.DataDirectory, ["--urls", "http://127.0.0.1:0"]);

        Assert.Equal(Refused, await second.ExitCodeAsync());
        Assert.Contains(first.DataDirectory, second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_port_in_use_with_a_sentence()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var service = ServiceProcess.Launch(null, ["--urls", $"http://{listener.LocalEndpoint}"]);

        Assert.Equal(Refused, await service.ExitCodeAsync());
        Assert.Contains("is in use by another program", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_start_leaves_no_folder_behind()
    {
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string[][] refused =
        [
            ["--urls", $"http://{listener.LocalEndpoint}"],
            ["--urls", "http://127.0.0.1:0", "--Database:BinDirectory=/nowhere"],
            ["--urls", "https://127.0.0.1:0", "--Host:CertificateFile=/nowhere", "--Host:CertificateKeyFile=/nowhere"],
        ];
        foreach (var arguments in refused)
        {
            await using var service = ServiceProcess.Launch(folder["new", "data"], arguments);
            Assert.Equal(Refused, await service.ExitCodeAsync());
            Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        }
    }

    [Fact]
    public async Task Names_every_wrong_setting_at_once()
    {
        await using var service = ServiceProcess.Launch(
            null,
            ["--Host:DrainTime=eleven", "--Log:Format=Xml"],
            new Dictionary<string, string>
            {
                ["ChunkUpload__Host__Ulrs"] = "http://127.0.0.1:1",
                ["ChunkUpload__ConnectionStrings__Ledger_FILE"] = "/nowhere/secret",
            });

        Assert.Equal(Refused, await service.ExitCodeAsync());
        foreach (var word in new[] { "Host:DrainTime", "Log:Format", "Host:Ulrs", "/nowhere/secret" })
            Assert.Contains(word, service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_config_shows_sources_and_masks_secrets()
    {
        var folder = ServiceFolder.Create();
        var secret = Path.Combine(folder, "ledger");
        await File.WriteAllTextAsync(secret, "Host=db;Password=hush\n");
        await using var service = ServiceProcess.Launch(
            folder,
            ["check-config", "--Log:Level=Debug"],
            new Dictionary<string, string>
            {
                ["ChunkUpload__ConnectionStrings__Ledger_FILE"] = secret,
                ["ChunkUpload__Log__Format"] = "Json",
            });

        Assert.Equal(0, await service.ExitCodeAsync());
        var output = service.Output;
        Assert.Matches($@"ConnectionStrings:Ledger\s+\*\*\*\s+file {secret}", output);
        Assert.Matches(@"Log:Format\s+Json\s+environment ChunkUpload__Log__Format", output);
        Assert.Matches(@"Log:Level\s+Debug\s+command line", output);
        Assert.Matches(@"Host:DrainTime\s+10s\s+default", output);
        Assert.DoesNotContain("hush", output, StringComparison.Ordinal);
        ServiceFolder.Remove(folder);
    }

    [Fact]
    public async Task Migrate_brings_the_database_up_and_ends()
    {
        await using var service = ServiceProcess.Launch(null, ["migrate"]);

        Assert.Equal(0, await service.ExitCodeAsync());
        Assert.True(File.Exists(Path.Combine(service.DataDirectory, "postgres", "PG_VERSION")));
        Assert.False(File.Exists(Path.Combine(service.DataDirectory, "postgres", "postmaster.pid")));
    }

    [Theory]
    [InlineData("sevre")]
    [ReleaseData("serve", "--json")]
    [ReleaseData("serve", "fsck")]
    [InlineData("--urls")]
    public async Task Refuses_arguments_that_it_does_not_know(params string[] arguments)
    {
        await using var service = ServiceProcess.Launch(null, arguments);
        Assert.Equal(Refused, await service.ExitCodeAsync());
    }
}

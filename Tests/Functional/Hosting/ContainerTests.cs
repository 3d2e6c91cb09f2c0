using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>What can be shown of the container files without an engine.</summary>
[Collection(PostgresCollection.Name)]
public sealed partial class ContainerTests(PostgresFixture postgres)
{
    private static readonly string Dockerfile = Read("Dockerfile");
    private static readonly string Compose = Read("docker-compose.yml");

    [Fact]
    public async Task The_published_output_starts_with_the_variables_of_the_container_files()
    {
        var folder = ServiceFolder.Create();
        try
        {
            var secret = Path.Combine(folder, "ledger");
            await File.WriteAllTextAsync(secret, await postgres.CreateDatabaseAsync(migrated: false));
            var port = FreePort();
            var environment = Variable().Matches(Dockerfile + "\n" + Compose)
                .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value
                    .Replace("/run/secrets/ledger", secret, StringComparison.Ordinal)
                    .Replace(":8080", $":{port}", StringComparison.Ordinal));
            Assert.Equal(4, environment.Count);
            Assert.Equal("/data", environment["ChunkUpload__Data__Directory"]);
            environment["ChunkUpload__Data__Directory"] = Path.Combine(folder, "data");
            var program = Path.Combine(await PublishAsync(Path.Combine(folder, "service")), "ChunkUpload.Api.dll");

            await using var service = await ServiceProcess.StartPublishedAsync(program, environment["ChunkUpload__Data__Directory"], environment);
            Assert.Equal(port, service.Address.Port);
            await using (var health = ServiceProcess.LaunchPublished(program, ["health"], environment))
                Assert.Equal(0, await health.ExitCodeAsync());
            Assert.StartsWith("{", service.Output, StringComparison.Ordinal);
            Assert.Equal(0, await service.StopAsync());
            await using (var health = ServiceProcess.LaunchPublished(program, ["health"], environment))
                Assert.Equal(1, await health.ExitCodeAsync());
        }
        finally
        {
            ServiceFolder.Remove(folder);
        }
    }

    [Fact]
    public void Containers_have_more_time_to_stop_than_the_service_needs()
    {
        var drain = (int)new HostingOptions().DrainTime.TotalSeconds;
        var grace = Regex.Matches(Compose, "stop_grace_period: ([0-9]+)s").Select(match => int.Parse(match.Groups[1].Value)).ToList();
        Assert.Equal(2, grace.Count);
        Assert.All(grace, seconds => Assert.True(seconds > drain + (int)ServiceHost.TimeAfterDrain.TotalSeconds));
    }

    [Fact]
    public void The_image_runs_as_nobody_special_and_checks_its_own_health()
    {
        Assert.Matches(@"(?m)^USER app$", Dockerfile);
        Assert.Matches(@"(?m)^VOLUME /data$", Dockerfile);
        Assert.Matches(@"HEALTHCHECK (?s:.)*""health""\]", Dockerfile);
        Assert.Matches(@"(?m)^      - uploads:/data$", Compose);
        Assert.Single(Regex.Matches(Compose, "(?m)^    healthcheck:"));
        Assert.Equal(2, Regex.Count(Compose, "restart: unless-stopped"));
    }

    private static async Task<string> PublishAsync(string folder)
    {
        var built = typeof(ContainerTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        using var publish = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["publish", Path.Combine(Repository.Root, "Api", "Api.csproj"), "-c", built, "--no-build", "-o", folder, "-v", "quiet", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, output);
        return folder;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex("(ChunkUpload__[A-Za-z]+__[A-Za-z_]+)(?:=|: )([^ \n]+)")]
    private static partial Regex Variable();
}

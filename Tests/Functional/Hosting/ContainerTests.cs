using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Cli;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>Tests of the container files without a container engine.</summary>
public sealed partial class ContainerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly string Dockerfile = Read("Dockerfile");
    private static readonly string Compose = Read("docker-compose.yml");

    [Fact]
    [Trait("Runs", "release")]
    public async Task The_output_of_the_Dockerfiles_steps_starts_with_the_variables_of_the_container_files()
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
            var program =
                Path.Combine(await BuildAsync(Path.Combine(folder, "source"), Path.Combine(folder, "service")), "ChunkUpload.Api.dll");

            await using var service =
                await ServiceProcess.StartPublishedAsync(program, environment["ChunkUpload__Data__Directory"], environment);
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
    public void The_image_runs_without_privileges_and_checks_its_own_health()
    {
        Assert.Matches(@"(?m)^USER app$", Dockerfile);
        Assert.Matches(@"(?m)^VOLUME /data$", Dockerfile);
        Assert.Matches(@"HEALTHCHECK (?s:.)*""health""\]", Dockerfile);
        Assert.Matches(@"(?m)^      - uploads:/data$", Compose);
        Assert.Single(Regex.Matches(Compose, "(?m)^    healthcheck:"));
        Assert.Equal(2, Regex.Count(Compose, "restart: unless-stopped"));
    }

    [Fact]
    public void The_nodes_of_the_cluster_file_have_valid_settings_and_what_the_single_service_has()
    {
        var cluster = Read("docker-compose.cluster.yml");
        var services = cluster[
            cluster.IndexOf("\nservices:\n", StringComparison.Ordinal)..cluster.IndexOf("\nnetworks:\n", StringComparison.Ordinal)];
        var nodes = Regex.Split(services, "(?m)^  (?=[a-z])").Where(part => part.Contains("<<: *node", StringComparison.Ordinal)).ToList();
        Assert.Equal(["a", "join-b", "b"], nodes.Select(node => node[..node.IndexOf(':', StringComparison.Ordinal)]));
        foreach (var node in nodes)
        {
            var variables = Variable().Matches(node).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
            Assert.True(variables.Remove("ChunkUpload__ConnectionStrings__Ledger_FILE"));
            variables["ChunkUpload__ConnectionStrings__Ledger"] = "Host=database";
            Assert.Empty(ServiceConfiguration.Load(new ConfigurationSources().AddEnvironment(variables)).Errors);
            Assert.Equal($"{variables["ChunkUpload__Cluster__Node"]}:8444", variables["ChunkUpload__Cluster__Address"]);
        }

        foreach (var line in (string[])["cap_drop:", "read_only: true", "- no-new-privileges:true", "stop_grace_period: 30s"])
            Assert.Contains("  " + line, Compose.Contains(line, StringComparison.Ordinal) ? cluster : "", StringComparison.Ordinal);
        Assert.Matches(@"(?m)^      - ./docs/cluster.nginx.conf:", cluster);
        var balancer = Read("docs/cluster.nginx.conf");
        var directives = Regex.Matches(Read("docs/nginx.conf"), "(?m)^ *((?:proxy|client|send|large)_.*;)$")
            .Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(20, directives.Count);
        Assert.All(directives, directive => Assert.Contains(directive, balancer, StringComparison.Ordinal));
        Assert.All((string[])[nodes[0], nodes[2]], node => Assert.Contains(
            $"server {Regex.Match(node, "ipv4_address: (.+)").Groups[1].Value}:8080 ", balancer, StringComparison.Ordinal));
        Assert.Contains("add-volume", nodes[1], StringComparison.Ordinal);
        Assert.Contains("cp -p /a/operator.key /a/cookie.key /data/", nodes[1], StringComparison.Ordinal);
    }

    /// <summary>Runs the Dockerfile's first stage step by step in a folder: its copies must be all that the build needs.</summary>
    private static async Task<string> BuildAsync(string source, string output)
    {
        var stage = Dockerfile[..Dockerfile.IndexOf(
            "\nFROM ", Dockerfile.IndexOf("\nFROM ", StringComparison.Ordinal) + 1, StringComparison.Ordinal)];
        foreach (var step in stage.Replace(" \\\n    ", " ", StringComparison.Ordinal).Split('\n').Select(line => line.Split(' ')))
        {
            switch (step)
            {
                case ["COPY", .. var files, var target]:
                    foreach (var file in files)
                        Copy(Path.Combine(Repository.Root, file),
                            Path.Combine(
                                source, target, Directory.Exists(Path.Combine(Repository.Root, file)) ? "" : Path.GetFileName(file)));
                    break;
                case ["RUN", "dotnet", .. var arguments]:
                    await DotnetAsync(source,
                        [.. arguments.Select(argument => argument == "/service" ? output : argument), "-v", "quiet", "-nodeReuse:false"]);
                    break;
                case ["RUN", ..]:
                    Assert.Fail($"This test does not know the step {string.Join(' ', step)}.");
                    break;
            }
        }

        return output;
    }

    // As .dockerignore says, without build output.
    private static void Copy(string from, string to)
    {
        if (File.Exists(from))
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.WriteAllBytes(to, File.ReadAllBytes(from));
            return;
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(from).Where(entry => Path.GetFileName(entry) is not ("bin" or "obj")))
            Copy(entry, Path.Combine(to, Path.GetFileName(entry)));
    }

    private static async Task DotnetAsync(string folder, string[] arguments)
    {
        using var dotnet = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        })!;
        var output = await dotnet.StandardOutput.ReadToEndAsync();
        await dotnet.WaitForExitAsync();
        Assert.True(dotnet.ExitCode == 0, output);
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

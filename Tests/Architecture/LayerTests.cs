using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace ChunkUpload.Tests.Architecture;

/// <summary>Api -> Core &lt;- Infrastructure, and what follows from it.</summary>
public sealed class LayerTests
{
    private static readonly Assembly Core = typeof(UploadCatalog).Assembly;
    private static readonly Assembly Infrastructure = typeof(InfrastructureRegistration).Assembly;

    [Fact]
    public void Core_references_the_base_library_and_the_logging_and_options_abstractions_only()
    {
        var foreign = Core.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal) && name is not ("System" or "netstandard" or "mscorlib"))
            .Except(["ChunkUpload.Wire", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
                "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Primitives"]);
        Assert.Empty(foreign);
        Assert.DoesNotContain(Core.GetReferencedAssemblies(), name => name.Name!.StartsWith("System.Net.Http", StringComparison.Ordinal));
    }

    /// <summary>Sockets, handles and certificates belong to Api and Infrastructure, and threads to the runtime.</summary>
    [Fact]
    public void Core_uses_no_socket_certificate_thread_or_descriptor_type()
    {
        using var file = new PEReader(File.OpenRead(Core.Location));
        var metadata = file.GetMetadataReader();
        var banned = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
            .Where(name => name.StartsWith("System.Net.Sockets.", StringComparison.Ordinal)
                || name.StartsWith("System.Security.Cryptography.X509Certificates.", StringComparison.Ordinal)
                || name.StartsWith("Microsoft.Win32.SafeHandles.", StringComparison.Ordinal)
                || name is "System.Threading.Thread" or "System.Runtime.InteropServices.SafeHandle");
        Assert.Empty(banned);
        string[] words = ["Socket", "Certificate", "Thread", "Descriptor"];
        Assert.DoesNotContain(Core.GetTypes(), type => words.Any(word => type.Name.Contains(word, StringComparison.Ordinal)));
    }

    [Fact]
    public void Infrastructure_shows_two_public_methods()
    {
        var shown = Infrastructure.GetExportedTypes().Where(type => !type.IsNested).Select(type => type.FullName);
        Assert.Equal([typeof(InfrastructureRegistration).FullName], shown);
        var methods = typeof(InfrastructureRegistration).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly);
        Assert.Equal(
            [nameof(InfrastructureRegistration.AddInfrastructure), nameof(InfrastructureRegistration.MapJobsDashboard)],
            methods.Select(method => method.Name).Order());
    }

    [Fact]
    public void Infrastructure_does_not_know_the_api() =>
        Assert.DoesNotContain(Infrastructure.GetReferencedAssemblies(), name => name.Name == "ChunkUpload.Api");

    [Theory]
    [InlineData("Core", new[] { "Wire" })]
    [InlineData("Infrastructure", new[] { "Core" })]
    [InlineData("Api", new[] { "Core", "Infrastructure", "Wire" })]
    [InlineData("Clients/Wire", new string[0])]
    [InlineData("Clients/Client", new[] { "Wire" })]
    [InlineData("Clients/Client.Age", new[] { "Client" })]
    [InlineData("Clients/Agent", new[] { "Client", "Client.Age", "Wire" })]
    [InlineData("Clients/Cli", new[] { "Agent", "Client", "Client.Age", "Wire" })]
    public void A_layer_references_only_the_layers_it_may(string layer, string[] allowed)
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, layer, $"{Path.GetFileName(layer)}.csproj"));
        var referenced = project.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.Equal(allowed.Order(), referenced.Order());
    }

    [Fact]
    public void Wire_types_run_anywhere_and_below_api_only_bandwidths_are_used()
    {
        var wire = typeof(ChunkUpload.Wire.ServiceHeaders).Assembly;
        Assert.Empty(wire.GetCustomAttributes<System.Runtime.Versioning.SupportedOSPlatformAttribute>());
        Assert.DoesNotContain(wire.GetCustomAttributesData(), data => data.AttributeType.Name == "UnverifiableCodeAttribute");
        Assert.DoesNotContain(wire.GetReferencedAssemblies(), name => !name.Name!.StartsWith("System.", StringComparison.Ordinal));
        // The service and cu read bandwidths alike; what goes over the wire is no concern of theirs.
        Assert.All([Core, Infrastructure], layer =>
        {
            using var file = new PEReader(File.OpenRead(layer.Location));
            var metadata = file.GetMetadataReader();
            Assert.Subset(
                new HashSet<string> { nameof(ChunkUpload.Wire.BandwidthRate), nameof(ChunkUpload.Wire.BandwidthTimetable) },
                metadata.TypeReferences.Select(metadata.GetTypeReference)
                    .Where(type => metadata.GetString(type.Namespace) == "ChunkUpload.Wire")
                    .Select(type => metadata.GetString(type.Name)).ToHashSet());
        });
        Assert.Empty(XDocument.Load(Path.Combine(Repository.Root, "Clients/Wire/Wire.csproj")).Descendants("PackageReference"));
    }

    [Fact]
    public void Client_library_runs_anywhere_and_needs_abstractions_only()
    {
        var client = typeof(ChunkUpload.Client.ChunkUploadClient).Assembly;
        Assert.Empty(client.GetCustomAttributes<System.Runtime.Versioning.SupportedOSPlatformAttribute>());
        Assert.DoesNotContain(client.GetCustomAttributesData(), data => data.AttributeType.Name == "UnverifiableCodeAttribute");
        Assert.All(
            client.GetReferencedAssemblies().Select(name => name.Name!),
            name => Assert.True(
                name is "ChunkUpload.Wire" || name.StartsWith("System.", StringComparison.Ordinal)
                    || name == "Microsoft.Win32.Primitives"
                    || (name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
                        && name.EndsWith(".Abstractions", StringComparison.Ordinal)),
                name));
    }

    [Fact]
    public void Packages_of_infrastructure_are_not_visible_to_other_projects()
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, "Infrastructure", "Infrastructure.csproj"));
        Assert.All(project.Descendants("PackageReference"), package => Assert.Equal("compile", package.Attribute("PrivateAssets")?.Value));
    }

    [Fact]
    public void The_top_level_holds_what_the_design_names_and_nothing_else()
    {
        string[] allowed =
        [
            "Api", "Core", "Infrastructure", "Tests", "Clients", "db", "packaging", "tools", "docs", ".ci", ".github",
            "ChunkUpload.sln", "Directory.Build.props", "Directory.Packages.props", ".editorconfig", "global.json", "BannedSymbols.txt",
            "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", ".gitignore", ".gitattributes",
            ".env.example",
            "docker-compose.yml", "docker-compose.cluster.yml", "Dockerfile", ".dockerignore",
        ];
        var tracked = Repository.TrackedFiles().Select(path => path.Split('/')[0]).Distinct();
        Assert.Empty(tracked.Except(allowed));
    }

    /// <summary>So everything that must follow an event or a new upload has one place.</summary>
    [Theory]
    [InlineData("events", new[] { "add_event", "add_events" })]
    [InlineData("uploads", new[] { "insert_uploads" })]
    [InlineData("changes", new[] { "add_changes" })]
    public void One_function_inserts_rows_of_a_kind(string table, string[] functions)
    {
        var insert = new Regex($"insert into {table}\\b", RegexOptions.IgnoreCase);
        var inserting = Repository.TrackedFiles()
            .Where(path => path.StartsWith("db/functions/", StringComparison.Ordinal)
                || (path.EndsWith(".cs", StringComparison.Ordinal) && path.Split('/')[0] is "Api" or "Core" or "Infrastructure"))
            .Where(path => insert.IsMatch(File.ReadAllText(Path.Combine(Repository.Root, path))));
        Assert.Equal(functions.Select(name => $"db/functions/{name}.sql"), inserting.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Private_members_of_other_libraries_are_not_used()
    {
        var offending = Repository.TrackedFiles()
            .Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && path.Split('/')[0] is "Api" or "Core" or "Infrastructure")
            .Where(path => File.ReadAllText(Path.Combine(Repository.Root, path)) is var text
                && (text.Contains("UnsafeAccessor", StringComparison.Ordinal) || text.Contains("NonPublic", StringComparison.Ordinal)));
        Assert.Empty(offending);
    }

    [Fact]
    public void No_type_is_called_manager_helper_util_or_service()
    {
        string[] banned = ["Manager", "Helper", "Helpers", "Util", "Utils", "Service"];
        var named = new[] { Core, Infrastructure, typeof(ChunkUpload.Api.Cli.ServiceHost).Assembly }
            .SelectMany(assembly => assembly.GetTypes()).Select(type => type.Name)
            .Where(name => !name.StartsWith('<') && banned.Any(word => name.EndsWith(word, StringComparison.Ordinal)));
        Assert.Empty(named);
    }

    /// <summary>A handler names what it needs as its parameters.</summary>
    [Fact]
    public void Handlers_are_static()
    {
        var mapping = typeof(ChunkUpload.Api.Cli.ServiceHost).Assembly.GetTypes()
            .Where(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Any(method =>
                method.Name == "Map" && method.GetParameters() is [var routes, ..]
                && typeof(IEndpointRouteBuilder).IsAssignableFrom(routes.ParameterType)))
            .ToList();
        Assert.True(mapping.Count > 100, $"{mapping.Count}");
        Assert.DoesNotContain(mapping, type => !(type.IsAbstract && type.IsSealed));
    }

    [Theory]
    [InlineData("Core")]
    [InlineData("Infrastructure")]
    [InlineData("Api")]
    [InlineData("Clients")]
    [InlineData("tools")]
    [InlineData("Tests")]
    public void Every_layer_has_a_readme_of_at_most_30_lines(string layer)
    {
        var lines = File.ReadLines(Path.Combine(Repository.Root, layer, "README.md")).Count();
        Assert.InRange(lines, 5, 30);
    }
}

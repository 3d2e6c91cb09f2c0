using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace ChunkUpload.Tests.Support;

/// <summary>The host's environment by name, without a host.</summary>
internal sealed class TestEnvironment(string name) : IHostEnvironment
{
    public static TestEnvironment Production { get; } = new(Environments.Production);

    public static TestEnvironment Development { get; } = new(Environments.Development);

    public string EnvironmentName { get; set; } = name;

    public string ApplicationName { get; set; } = "tests";

    public string ContentRootPath { get; set; } = AppContext.BaseDirectory;

    public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
}

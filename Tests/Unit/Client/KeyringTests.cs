using ChunkUpload.Cli.Login;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>How cu talks to the program of macOS's keychain. What that does with it is tried on a Mac only.</summary>
public sealed class KeyringTests : IDisposable
{
    private static readonly Uri Service = new("https://files.example/");

    private readonly string _folder = ServiceFolder.Create();

    public void Dispose() => ServiceFolder.Remove(_folder);

    [Fact]
    public void The_keychain_gets_the_key_by_its_input_and_gives_it_back()
    {
        var keychain = new MacKeychain(Program());
        Assert.Null(keychain.Fault());
        Assert.Equal((null, ""), keychain.Find("work", Service));
        Assert.Null(keychain.Store("my \"work\"", Service, "cu_key"));
        Assert.Equal(
            "add-generic-password -U -a \"my \\\"work\\\"\" -s \"chunkupload https://files.example/\" -X 63755F6B6579\n",
            File.ReadAllText(Path.Combine(_folder, "lines")));
        File.WriteAllText(Path.Combine(_folder, "found"), "cu_key\n");
        Assert.Equal(("cu_key", ""), keychain.Find("work", Service));
        keychain.Forget("work", Service);
        Assert.Equal((null, ""), keychain.Find("work", Service));
        var commands = File.ReadAllText(Path.Combine(_folder, "commands"));
        Assert.Contains("delete-generic-password -a work -s chunkupload https://files.example/", commands, StringComparison.Ordinal);
        Assert.DoesNotContain("cu_key", commands, StringComparison.Ordinal);
        Assert.DoesNotContain("63755F6B6579", commands, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_its_program_there_is_none()
    {
        var keychain = new MacKeychain(Path.Combine(_folder, "missing"));
        Assert.EndsWith("is not installed", keychain.Fault(), StringComparison.Ordinal);
        Assert.EndsWith("is not installed", keychain.Store("work", Service, "cu_key"), StringComparison.Ordinal);
    }

    private string Program()
    {
        var path = Path.Combine(_folder, "security");
        File.WriteAllText(path, $"""
            #!/bin/sh
            cd '{_folder}'
            echo "$*" >> commands
            case $1 in
                -i) cat >> lines ;;
                find-generic-password) [ -f found ] || exit 44; cat found ;;
                delete-generic-password) rm -f found ;;
            esac
            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}

using System.Globalization;
using ChunkUpload.Cli;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The descriptions of cu: its manual page, its completions, and the document.</summary>
public sealed class ManualTests : IDisposable
{
    private readonly ClientRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task The_manual_page_is_one_and_has_every_verb_option_and_exit_code()
    {
        var (code, page, errors) = await _rig.RunCuAsync(new Uri("http://localhost"), null, "man");
        Assert.True(code == 0, errors);
        Assert.StartsWith(".TH CU 1", page, StringComparison.Ordinal);
        var root = CommandTree.Create();
        Assert.All(root.Subcommands, verb => Assert.Contains($".SS \"cu {verb.Name}", page, StringComparison.Ordinal));
        Assert.All(
            root.Subcommands.SelectMany(verb => verb.Options).Select(option => option.Name.Replace("-", @"\-", StringComparison.Ordinal)),
            name => Assert.Contains($".B {name}", page, StringComparison.Ordinal));
        Assert.All(ExitCodes.All, code => Assert.Contains($".B {code.Code}\n{Escaped(code.Meaning)}\n", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("man", ".TH CU 1")]
    [InlineData("completion bash", "complete -o")]
    public async Task Programs_get_it_as_json(string line, string part)
    {
        var (code, output, errors) = await _rig.RunCuAsync(new Uri("http://localhost"), null, [.. line.Split(' '), "--json"]);
        Assert.True(code == 0, errors);
        Assert.Contains(part, ClientRig.Line(output).GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_documents_have_every_verb_and_exit_code()
    {
        var texts = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(file => File.ReadAllTextAsync(file));
        var text = string.Concat(await Task.WhenAll(texts));
        Assert.All(
            CommandTree.Create().Subcommands,
            verb => Assert.Contains($"`cu {verb.Name}", text, StringComparison.Ordinal));
        Assert.All(
            ExitCodes.All.Select(code => code.Code.ToString(CultureInfo.InvariantCulture)),
            code => Assert.Contains($"| {code} |", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cu sh", "share show")]
    [InlineData("cu up film.mp4 --unf", "--unfiled")]
    [InlineData("cu keys a", "add")]
    // The shell completes names of files.
    [InlineData("cu up f", "")]
    public async Task Bash_completes_verbs_and_options(string line, string expected)
    {
        _ = Directory.CreateDirectory(_rig.At("bin"));
        var cu = _rig.At("bin/cu");
        await File.WriteAllTextAsync(cu, $"#!/bin/sh\nexec dotnet {string.Join(' ', ClientRig.Program)} \"$@\"\n");
        File.SetUnixFileMode(cu, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var script = $"""
            PATH={_rig.At("bin")}:$PATH
            source <(cu completion bash)
            COMP_LINE='{line}' COMP_POINT={line.Length} COMP_WORDS=({line}) COMP_CWORD=$(({line.Split(' ').Length} - 1))
            _cu
            echo "${"{COMPREPLY[*]}"}"
            """;
        Assert.Equal(expected, (await Tool.RunAsync(_rig.Folder, "bash", "-c", script)).Trim());
    }

    private static string Escaped(string text) => text.Replace("-", @"\-", StringComparison.Ordinal);
}

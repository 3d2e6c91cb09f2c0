using System.CommandLine;
using System.Text.Json.Nodes;

namespace ChunkUpload.Cli.Manual;

/// <summary>
/// cu completion: a script for a shell. It asks this program, which knows its verbs and options; the shell completes names of files.
/// </summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # Completion of cu for bash: source <(cu completion bash)
        _cu() {
            local word=${COMP_WORDS[COMP_CWORD]} found
            found=$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null) || return
            # What does not begin as an option is a file as well, which the shell knows better.
            [[ $word == -* ]] || found=$(grep -v '^[-/]' <<<"$found")
            mapfile -t COMPREPLY < <(compgen -W "$found" -- "$word")
        }
        complete -o bashdefault -o default -F _cu cu
        """;

    private const string Zsh = """
        #compdef cu
        # Completion of cu for zsh: source <(cu completion zsh), or a file _cu in a folder of $fpath
        _cu() {
            local line=${(j: :)words[1,CURRENT]}
            local -a found
            found=(${(f)"$(${words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)"})
            [[ $words[CURRENT] == -* ]] || found=(${found:#[-/]*})
            (( ${#found} )) && compadd -a found
            [[ $words[CURRENT] == -* ]] || _files
        }
        if [[ $funcstack[1] == _cu ]]; then _cu "$@"; else compdef _cu cu; fi
        """;

    private const string Fish = """
        # Completion of cu for fish: cu completion fish | source
        function __cu_complete
            set -l line (commandline -cp)
            set -l found (cu "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            if string match -q -- '-*' (commandline -ct)
                printf '%s\n' $found
            else
                printf '%s\n' $found | string match -rv -- '^[-/]'
            end
        end
        complete -c cu -a '(__cu_complete)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        _ = shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script by which a shell completes verbs and options") { shell };
        command.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            var script = parse.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            };
            // A shell reads it, also where lines usually end in another way.
            output.Text(script.ReplaceLineEndings("\n") + "\n", new JsonObject { ["shell"] = parse.GetValue(shell) });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }
}

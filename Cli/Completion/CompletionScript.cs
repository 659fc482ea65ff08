namespace OrleansGateway.Cli.Completion;

/// <summary>What shells run to have a command line completed: they ask the command itself.</summary>
internal static class CompletionScript
{
    /// <summary>The first argument with which a shell asks; the second is the command line up to the cursor.</summary>
    public const string Directive = "[suggest]";

    /// <summary>The shells.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script for a shell; null where it is none of them.</summary>
    public static string? For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => null,
    };

    private const string Bash = """
        # bash completion of gateway: eval "$(gateway completion bash)"
        _gateway() {
            local word=${COMP_WORDS[COMP_CWORD]} found
            COMPREPLY=()
            while IFS= read -r found; do
                [[ $found == "$word"* ]] && COMPREPLY+=("$(printf %q "$found")")
            done < <("${COMP_WORDS[0]/#\~/$HOME}" "[suggest]" "${COMP_WORDS[*]:0:COMP_CWORD} $word" 2>/dev/null)
        }
        complete -o default -F _gateway gateway

        """;

    private const string Zsh = """
        #compdef gateway
        # zsh completion of gateway: eval "$(gateway completion zsh)", after compinit
        _gateway() {
            local -a found
            found=(${(f)"$("${words[1]/#\~/$HOME}" "[suggest]" "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)"})
            if ((${#found})); then compadd -- $found; else _files; fi
        }
        compdef _gateway gateway

        """;

    private const string Fish = """
        # fish completion of gateway: gateway completion fish | source
        function __gateway_complete
            set -l words (commandline -opc)
            $words[1] "[suggest]" "$words "(commandline -ct) 2>/dev/null
        end
        complete -c gateway -f -a "(__gateway_complete)"
        complete -c gateway -l file -rF
        complete -c gateway -l state -rF

        """;
}

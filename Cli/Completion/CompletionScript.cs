namespace OrleansGateway.Cli.Completion;

/// <summary>What shells run to have a command line completed: they ask the command itself.</summary>
internal static class CompletionScript
{
    /// <summary>The first argument with which a shell asks; after it come the words behind the name of the command, up to the cursor.</summary>
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

    // COMP_WORDS is broken at = and : too, which flags and channels have, and only what comes after the last of them is replaced.
    private const string Bash = """
        # bash completion of gateway: eval "$(gateway completion bash)"
        _gateway() {
            local rest=$COMP_LINE breaks=${COMP_WORDBREAKS//[^:=]/} words=() head= quote= i word found
            COMPREPLY=()
            for ((i = 0; i <= COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then words+=("$word"); else words[${#words[@]} - 1]+=$word; fi
                rest=${rest#*"$word"}
            done
            word=${words[${#words[@]} - 1]}
            if [[ $word == [\'\"]* ]]; then
                quote=${word:0:1}
            elif [[ -n $breaks ]]; then
                head=${word%"${word##*[$breaks]}"}
            fi
            words=("${words[@]//[\'\"\\]/}")
            words=("${words[@]/#\~\//$HOME/}")
            while IFS= read -r found; do
                found=${found#"$head"}
                [[ -n $quote ]] || found=$(printf %q "$found")
                COMPREPLY+=("$found")
            done < <("${words[0]}" "[suggest]" "${words[@]:1}" </dev/null 2>/dev/null)
        }
        complete -o default -F _gateway gateway

        """;

    private const string Zsh = """
        #compdef gateway
        # zsh completion of gateway: eval "$(gateway completion zsh)", after compinit
        _gateway() {
            local -a typed found
            typed=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}")
            typed=("${(@)typed/#\~\//$HOME/}")
            found=("${(@f)$("${typed[1]}" "[suggest]" "${(@)typed[2,-1]}" </dev/null 2>/dev/null)}")
            if [[ -n $found ]]; then compadd -- "${(@)found}"; else _files; fi
        }
        compdef _gateway gateway

        """;

    private const string Fish = """
        # fish completion of gateway: gateway completion fish | source
        function __gateway_complete
            set -l words (commandline -opc) (commandline -ct | string replace -r '^[\'"]' '')
            set words (string replace -r '^~/' "$HOME/" -- $words)
            $words[1] "[suggest]" $words[2..] </dev/null 2>/dev/null
        end
        complete -c gateway -f -a "(__gateway_complete)"
        complete -c gateway -l file -rF
        complete -c gateway -l state -rF

        """;
}
